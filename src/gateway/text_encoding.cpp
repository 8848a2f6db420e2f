#include "gateway/text_encoding.h"

#include <cstdint>

namespace tributary::gateway {
namespace {

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
    return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0U;
}

/// How many bytes the well-formed character at the start of `bytes` has; 0: none is there.
std::size_t character_length(std::string_view bytes) {
    const std::uint32_t first = byte_at(bytes, 0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(bytes, i) & 0xc0U) != 0x80U) return 0;
    }
    const std::uint32_t second = byte_at(bytes, 1);
    if (first == 0xe0 && second < 0xa0) return 0;  // Overlong.
    if (first == 0xed && second > 0x9f) return 0;  // Surrogates.
    if (first == 0xf0 && second < 0x90) return 0;  // Overlong.
    if (first == 0xf4 && second > 0x8f) return 0;  // Above U+10FFFF.
    return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = character_length(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

}  // namespace tributary::gateway
