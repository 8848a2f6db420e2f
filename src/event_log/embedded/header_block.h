#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event_log/event_log.h"

namespace tributary::event_log {

/// Headers as one block of bytes: name and value of each, every one behind its length.
std::string encode_headers(const RecordHeaders& headers);

/// `corrupt_data` where the block was cut.
Result<std::vector<RecordHeader>> decode_headers(std::string_view block);

}  // namespace tributary::event_log
