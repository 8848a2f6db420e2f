#pragma once

#include <string>

namespace tributary::document_index::elasticsearch {

/// The answer to one item of a bulk.
struct ItemAnswer {
    int status = 0;
    std::string type;    ///< `error.type`; empty for a success.
    std::string reason;  ///< `error.reason` and its cause.
};

enum class ItemVerdict {
    stored,
    taken,        ///< The id was taken.
    rejected,     ///< The document's own fault.
    try_again,    ///< Refused for now.
    environment,  ///< Nobody's document's fault; the request has failed.
};

/// Contract §5: what an item's status and `error.type` mean. Unknown ones are the environment's
/// fault, so that no surprise can move a backlog to the dead letters.
ItemVerdict judge_item(const ItemAnswer& answer);

}  // namespace tributary::document_index::elasticsearch
