#include "document_index/embedded/embedded_index.h"

#include "document_index/embedded/embedded_searcher.h"
#include "document_index/embedded/embedded_writer.h"
#include "document_index/embedded/schema.h"

namespace tributary::document_index {

Result<std::unique_ptr<EmbeddedIndex>> EmbeddedIndex::open(EmbeddedIndexSettings settings) {
    // Writers and searchers connect by themselves; this is to fail early, and with a sentence.
    if (auto database = open_index_database(settings); !database) {
        return std::unexpected(database.error());
    }
    return std::unique_ptr<EmbeddedIndex>(new EmbeddedIndex(std::move(settings)));
}

std::unique_ptr<Writer> EmbeddedIndex::make_writer() {
    return std::make_unique<EmbeddedWriter>(settings_);
}

std::unique_ptr<Searcher> EmbeddedIndex::make_searcher() {
    return std::make_unique<EmbeddedSearcher>(settings_);
}

}  // namespace tributary::document_index
