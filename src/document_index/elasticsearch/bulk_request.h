#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "document_index/document_index.h"

namespace tributary::document_index::elasticsearch {

/// Why a document cannot even be sent, because it would fail or forge its neighbours: an id that no
/// index takes makes Elasticsearch refuse the whole bulk, and a line break ends the document.
std::optional<Rejected> why_not_sendable(const Document& document);

/// The body of `_bulk` for the documents at `positions`, in that order.
std::string bulk_body(const std::vector<Document>& documents,
                      std::span<const std::size_t> positions);

/// The body of `_mget` for the documents at `positions`, in that order.
std::string mget_body(const std::vector<Document>& documents,
                      std::span<const std::size_t> positions);

}  // namespace tributary::document_index::elasticsearch
