#pragma once

#include <memory>

#include "apps/lambda_aws.h"
#include "object_store/object_store.h"

namespace tributary::apps {

/// Folders where OBJECT_STORE_DIR is set, else S3. `aws` must outlive the store.
Result<std::shared_ptr<object_store::ObjectStore>> open_object_store(const LambdaProgram& program,
                                                                     LambdaAws& aws);

}  // namespace tributary::apps
