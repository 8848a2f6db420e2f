#include "receipt/json_text.h"

#include <cstddef>

namespace tributary::receipt {
namespace {

struct Sequence {
    std::size_t length;
    unsigned char second_min;  ///< The second byte's range excludes overlong forms, surrogates
    unsigned char second_max;  ///< and what lies beyond U+10FFFF.
};

/// What a lead byte announces; length 0 where it is none.
Sequence sequence_of(unsigned char lead) {
    if (lead < 0x80) return {1, 0, 0};
    if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};
    if (lead == 0xED) return {3, 0x80, 0x9F};
    if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
    if (lead == 0xF0) return {4, 0x90, 0xBF};
    if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
    if (lead == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

bool is_complete(std::string_view rest, const Sequence& sequence) {
    if (sequence.length == 0 || sequence.length > rest.size()) return false;
    for (std::size_t i = 1; i < sequence.length; ++i) {
        const auto byte = static_cast<unsigned char>(rest[i]);
        const unsigned char low = i == 1 ? sequence.second_min : 0x80;
        const unsigned char high = i == 1 ? sequence.second_max : 0xBF;
        if (byte < low || byte > high) return false;
    }
    return true;
}

}  // namespace

std::string utf8_only(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const Sequence sequence = sequence_of(static_cast<unsigned char>(text.front()));
        const bool good = is_complete(text, sequence);
        const std::size_t taken = good ? sequence.length : 1;
        if (good) {
            clean.append(text.substr(0, taken));
        } else {
            clean += '?';
        }
        text.remove_prefix(taken);
    }
    return clean;
}

}  // namespace tributary::receipt
