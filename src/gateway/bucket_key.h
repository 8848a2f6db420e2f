#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

/// Which names in the bucket are whose.
namespace tributary::gateway {

/// Leaves room for `reports/<key>/<version>.json` within S3's 1,024 bytes.
inline constexpr std::size_t kMaxKeyBytes = 900;

/// True under `rejected/`, `reports/`, `checkpoints/` and `failed/`: results, which never trigger.
bool is_result_key(std::string_view key);
/// True where a segment is hidden (`.name`) or looks unfinished (`name.tmp`, `.part`, `.partial`,
/// `.crdownload`, `name~`): such files trigger under their final name.
bool is_unfinished_key(std::string_view key);
/// `invalid_input` for what is no key of an object here: empty, too long, not UTF-8, with NUL, with
/// empty, `.` or `..` segments.
Result<void> check_key(std::string_view key);

/// `<prefix>/<key>/<version>.json`: where the results of one version of an object lie.
std::string result_key(std::string_view prefix, std::string_view key, std::string_view version);

}  // namespace tributary::gateway
