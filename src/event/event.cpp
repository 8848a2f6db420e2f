#include "event/event.h"

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <openssl/evp.h>
#include <span>

#include "base/uuid.h"

namespace tributary::event {
namespace {

bool is_ours(std::string_view source) {
    return source == "/api" || source.starts_with("/api/") || source.starts_with("s3://");
}

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

// The names below have 2, 5 and 3 parts, and no part contains NUL: no name is that of another kind.

std::string document_id(std::string_view source, std::string_view id) {
    if (is_ours(source)) return std::string(id);
    return uuid_v5(fmt::format("{}{}{}", source, '\0', id));
}

std::string file_item_id(std::string_view bucket, std::string_view key, std::string_view version,
                         std::uint64_t index) {
    return uuid_v5(fmt::format("file{0}{1}{0}{2}{0}{3}{0}{4}", '\0', bucket, key, version, index));
}

std::string batch_item_id(std::string_view key, std::uint64_t index) {
    return uuid_v5(fmt::format("batch{0}{1}{0}{2}", '\0', key, index));
}

std::string content_digest(std::string_view type, std::string_view data) {
    const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    EVP_DigestUpdate(context.get(), type.data(), type.size());
    EVP_DigestUpdate(context.get(), "", 1);
    EVP_DigestUpdate(context.get(), data.data(), data.size());
    EVP_DigestFinal_ex(context.get(), digest.data(), &size);
    std::string hex;
    hex.reserve(std::size_t{size} * 2);
    for (const unsigned char byte : std::span(digest.data(), size)) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 0xFU];
    }
    return hex;
}

}  // namespace tributary::event
