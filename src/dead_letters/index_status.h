#pragma once

#include <string>
#include <vector>

#include "dead_letters/dead_letters.h"
#include "document_index/document_index.h"

namespace tributary::dead_letters {

/// Tells `dead-letters-index` what was done, so that searches and dashboards show it. The log is
/// what counts: a failure here is said, and changes nothing. Blocks; one thread.
class IndexStatus {
public:
    /// Both must outlive this object.
    IndexStatus(document_index::Searcher& searcher, document_index::Writer& index)
        : searcher_(searcher), index_(index) {}

    /// Sets `state` and `action` in the documents of the letters that are done.
    void update(const std::vector<Outcome>& outcomes);
    /// The first thing that went wrong, as a sentence; empty where nothing did.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    void note(const std::string& detail);

    document_index::Searcher& searcher_;
    document_index::Writer& index_;
    std::string trouble_;
};

}  // namespace tributary::dead_letters
