#include "aws/signature.h"

#include <algorithm>
#include <array>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <map>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <utility>
#include <vector>

namespace tributary::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0x0FU];
    }
    return text;
}

const unsigned char* unsigned_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    unsigned int size = digest.size();
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), unsigned_bytes(text), text.size(),
         digest.data(), &size);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

/// Without spaces at the ends, and with one where there are several.
std::string trimmed(std::string_view value) {
    std::string text;
    for (const char c : value) {
        const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!is_space) {
            text += c;
        } else if (!text.empty() && text.back() != ' ') {
            text += ' ';
        }
    }
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

/// Decoded and encoded again, so that it is spelled in the one way that is signed.
std::string normal_form(std::string_view encoded) {
    const auto decoded = http::percent_decode(encoded);
    return http::percent_encode(decoded ? std::string_view(*decoded) : encoded, true);
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::size_t value = std::min(equals + 1, pair.size());
        parameters.emplace_back(normal_form(pair.substr(0, equals)),
                                normal_form(pair.substr(value)));
    }
    std::ranges::sort(parameters);
    std::string text;
    for (const auto& [name, value] : parameters) {
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
    }
    return text;
}

struct CanonicalHeaders {
    std::string lines;
    std::string names;
};

CanonicalHeaders canonical_headers(const http::Headers& headers, std::string_view host) {
    std::map<std::string, std::string> fields;
    fields["host"] = host;
    for (const auto& [name, value] : headers.all()) {
        const std::string lower = lower_case(name);
        // Proxies may change these two.
        if (lower == "host" || lower == "user-agent" || lower == "x-amzn-trace-id") continue;
        auto [field, is_new] = fields.try_emplace(lower, trimmed(value));
        if (!is_new) field->second += "," + trimmed(value);
    }
    CanonicalHeaders canonical;
    for (const auto& [name, value] : fields) {
        canonical.lines += fmt::format("{}:{}\n", name, value);
        canonical.names += (canonical.names.empty() ? "" : ";") + name;
    }
    return canonical;
}

std::string canonical_path(const http::Request& request, const Scope& scope) {
    const std::string_view path = request.path();
    return scope.service == "s3" ? std::string(path) : http::percent_encode(path);
}

std::string signing_key(const Credentials& credentials, const Scope& scope, std::string_view day) {
    const std::string of_day = hmac("AWS4" + credentials.secret_access_key, day);
    return hmac(hmac(hmac(of_day, scope.region), scope.service), "aws4_request");
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(unsigned_bytes(bytes), bytes.size(), digest.data());
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void sign(http::Request& request, std::string_view host, std::string_view body_hash,
          const Credentials& credentials, const Scope& scope, Timestamp now) {
    const std::string time =
        fmt::format("{:%Y%m%dT%H%M%SZ}", std::chrono::floor<std::chrono::seconds>(now));
    const std::string_view day = std::string_view(time).substr(0, 8);
    request.headers.set("X-Amz-Date", time);
    request.headers.remove("X-Amz-Security-Token");
    if (!credentials.session_token.empty()) {
        request.headers.add("X-Amz-Security-Token", credentials.session_token);
    }
    request.headers.remove("Authorization");

    const CanonicalHeaders headers = canonical_headers(request.headers, host);
    const std::string canonical =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request, scope),
                    canonical_query(request.query()), headers.lines, headers.names, body_hash);
    const std::string credential_scope =
        fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
    const std::string to_sign =
        fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, credential_scope, sha256_hex(canonical));
    request.headers.add(
        "Authorization",
        fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                    credentials.access_key_id, credential_scope, headers.names,
                    hex(hmac(signing_key(credentials, scope, day), to_sign))));
}

}  // namespace tributary::aws
