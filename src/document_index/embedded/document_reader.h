#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "document_index/document_index.h"

namespace tributary::document_index {

/// What the index keeps of a document beside its JSON.
struct IndexedFields {
    std::string event_id;
    Timestamp received_at;  ///< `pipeline.received_at`, else `@timestamp`, else the epoch.
    Origin origin;          ///< Without a topic where the document names none.
    std::string text;
};

/// What a stored document says about itself, for `AlreadyExists`.
struct StoredContent {
    std::string digest;
    Origin origin;
    std::string data;
};

/// Reads documents, and decides which can be stored. Keeps a parser's memory: one per thread.
class DocumentReader {
public:
    /// `value_fields` as in EmbeddedIndexSettings.
    explicit DocumentReader(
        const std::map<std::string, std::vector<std::string>>& value_fields = {});
    DocumentReader(const DocumentReader&) = delete;
    DocumentReader& operator=(const DocumentReader&) = delete;
    ~DocumentReader();

    /// Walks every value of the document. Rejects what is not one JSON object, and objects where
    /// values should be or the other way round; a value of an unexpected type is left out.
    std::expected<IndexedFields, Rejected> read(const std::string& index, std::string_view json);

    /// Of a document that was stored; what it does not have stays empty.
    StoredContent stored_content(std::string_view json);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tributary::document_index
