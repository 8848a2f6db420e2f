#include "gateway/bucket_key.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "gateway/text_encoding.h"

namespace tributary::gateway {
namespace {

constexpr std::array<std::string_view, 4> kResultPrefixes{"rejected/", "reports/", "checkpoints/",
                                                          "failed/"};
constexpr std::array<std::string_view, 5> kUnfinishedSuffixes{"~", ".tmp", ".part", ".partial",
                                                              ".crdownload"};

/// False as soon as `accepts` is false for a segment.
template <class Accepts>
bool all_segments(std::string_view key, Accepts accepts) {
    while (true) {
        const auto slash = key.find('/');
        if (!accepts(key.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        key.remove_prefix(slash + 1);
    }
}

}  // namespace

bool is_result_key(std::string_view key) {
    return std::ranges::any_of(kResultPrefixes,
                               [key](std::string_view prefix) { return key.starts_with(prefix); });
}

bool is_unfinished_key(std::string_view key) {
    const auto is_finished = [](std::string_view segment) {
        return !segment.starts_with('.') &&
               std::ranges::none_of(kUnfinishedSuffixes, [segment](std::string_view suffix) {
                   return segment.ends_with(suffix);
               });
    };
    return !all_segments(key, is_finished);
}

Result<void> check_key(std::string_view key) {
    const auto is_plain = [](std::string_view segment) {
        return !segment.empty() && segment != "." && segment != "..";
    };
    if (key.empty() || key.size() > kMaxKeyBytes) {
        return fail(
            ErrorCode::invalid_input,
            fmt::format("A key has 1 to {} bytes; this one has {}.", kMaxKeyBytes, key.size()));
    }
    if (!is_utf8(key) || key.contains('\0')) {
        return fail(ErrorCode::invalid_input, "A key is UTF-8 text without NUL; this one is not.");
    }
    if (!all_segments(key, is_plain)) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The key {} has an empty segment, . or ..; write it as a plain "
                                "path like orders/2026-11.json.",
                                key));
    }
    return {};
}

std::string result_key(std::string_view prefix, std::string_view key, std::string_view version) {
    return fmt::format("{}/{}/{}.json", prefix, key, version);
}

}  // namespace tributary::gateway
