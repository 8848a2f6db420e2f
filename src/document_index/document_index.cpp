#include "document_index/document_index.h"

#include <fmt/format.h>

namespace tributary::document_index {

Result<void> check_limits(const Query& query) {
    if (query.size > kMaxPageSize) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("A page of {} documents was asked for; {} is the most.", query.size,
                                kMaxPageSize));
    }
    if (query.from > kMaxWindow - query.size) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Skipping {} documents is too many: from + size may be {}; use the "
                                "cursor beyond.",
                                query.from, kMaxWindow));
    }
    return {};
}

}  // namespace tributary::document_index
