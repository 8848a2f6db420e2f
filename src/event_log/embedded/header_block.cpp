#include "event_log/embedded/header_block.h"

#include <optional>

namespace tributary::event_log {
namespace {

constexpr unsigned kContinues = 0x80;
constexpr int kMaxShift = 56;

/// Seven bits a byte, the lowest first: most lengths take one byte.
void put(std::string& block, std::string_view bytes) {
    auto length = bytes.size();
    while (length >= kContinues) {
        block.push_back(static_cast<char>((length & (kContinues - 1)) | kContinues));
        length >>= 7;
    }
    block.push_back(static_cast<char>(length));
    block.append(bytes);
}

std::optional<std::string> take(std::string_view& block) {
    std::size_t length = 0;
    for (int shift = 0; shift <= kMaxShift && !block.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(block.front());
        block.remove_prefix(1);
        length |= static_cast<std::size_t>(byte & (kContinues - 1)) << shift;
        if ((byte & kContinues) != 0) continue;
        if (length > block.size()) return std::nullopt;
        std::string bytes(block.substr(0, length));
        block.remove_prefix(length);
        return bytes;
    }
    return std::nullopt;
}

}  // namespace

std::string encode_headers(const RecordHeaders& headers) {
    std::string block;
    for (const auto& header : headers) {
        put(block, header.name);
        put(block, header.value);
    }
    return block;
}

Result<std::vector<RecordHeader>> decode_headers(std::string_view block) {
    std::vector<RecordHeader> headers;
    while (!block.empty()) {
        auto name = take(block);
        auto value = name ? take(block) : std::nullopt;
        if (!value) {
            return fail(ErrorCode::corrupt_data, "The headers of a stored record are cut short.");
        }
        headers.emplace_back(std::move(*name), std::move(*value));
    }
    return headers;
}

}  // namespace tributary::event_log
