#pragma once

#include <string_view>

#include "base/result.h"
#include "object_store/s3/s3_requests.h"

namespace tributary::object_store {

/// Stores a content that is too large for one request in parts of `part_bytes` (5 MiB at least,
/// says S3). The object appears when the last step has succeeded; on an error the parts are given
/// up.
Result<void> upload_in_parts(S3Requests& requests, const ObjectId& object, std::string_view content,
                             std::size_t part_bytes);

}  // namespace tributary::object_store
