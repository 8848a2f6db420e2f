#pragma once

#include <string>

#include "base/result.h"
#include "object_store/directory/file_descriptor.h"

namespace tributary::object_store {

/// SHA-256 of all that the file holds, in hexadecimal digits.
Result<std::string> content_hash(const FileDescriptor& file);

}  // namespace tributary::object_store
