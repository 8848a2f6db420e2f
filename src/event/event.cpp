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

struct ContentDigest::State {
    struct Free {
        void operator()(EVP_MD* owned) const { EVP_MD_free(owned); }
        void operator()(EVP_MD_CTX* owned) const { EVP_MD_CTX_free(owned); }
    };
    std::unique_ptr<EVP_MD, Free> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

ContentDigest::ContentDigest() : state_(std::make_unique<State>()) {
}

ContentDigest::~ContentDigest() = default;

std::string ContentDigest::of(std::string_view type, std::string_view data) {
    EVP_MD_CTX* const context = state_->context.get();
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestInit_ex(context, state_->algorithm.get(), nullptr);
    EVP_DigestUpdate(context, type.data(), type.size());
    EVP_DigestUpdate(context, "", 1);
    EVP_DigestUpdate(context, data.data(), data.size());
    EVP_DigestFinal_ex(context, digest.data(), &size);
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
