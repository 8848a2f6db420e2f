#pragma once

#include <string>

#include "base/result.h"
#include "object_store/object_store.h"

namespace tributary::gateway {

/// The whole object, which the caller knows to be small enough.
Result<std::string> read_all(object_store::ObjectStream& stream);
Result<std::string> read_object(object_store::ObjectStore& store,
                                const object_store::ObjectId& object);

}  // namespace tributary::gateway
