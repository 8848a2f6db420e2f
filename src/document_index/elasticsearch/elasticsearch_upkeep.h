#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "document_index/elasticsearch/settings.h"

namespace tributary::document_index {

namespace elasticsearch {
class Cluster;
}

/// Documents of one index that are older than wanted.
struct ExpiredDocuments {
    std::string index;
    Timestamp before;                 ///< Of `pipeline.indexed_at`.
    std::vector<std::string> states;  ///< Only those whose `state` is one of these; empty: all.
};

/// What is done to a cluster now and then, beside writing and searching. It works on every server
/// that the index works on, without ILM and without delete-by-query. Calls block; one thread.
class ElasticsearchUpkeep {
public:
    /// Connects to nothing yet. `invalid_input` for settings that can never work.
    static Result<std::unique_ptr<ElasticsearchUpkeep>> open(ElasticsearchSettings settings);
    ~ElasticsearchUpkeep();

    /// Installs the index template `name` with the JSON given, which has a `version`; one that is
    /// there with a higher version is refused (`invalid_input`). A server that does not know the
    /// type `flattened` gets such fields unmapped. Harmless to repeat.
    Result<void> install_template(const std::string& name, const std::string& json);

    /// The indices `<prefix>YYYY.MM.DD` of days before `day`, the oldest first. Names that are not
    /// exactly so are never among them.
    Result<std::vector<std::string>> daily_indices(const std::string& prefix,
                                                   std::chrono::sys_days before);
    /// Gone afterwards, also where it was gone before.
    Result<void> delete_index(const std::string& index);

    /// 0 where there is no such index.
    Result<std::uint64_t> count(const ExpiredDocuments& expired);
    /// Deletes them, some thousand at a time; gives how many. A document that somebody changes
    /// meanwhile is looked at again. Stopped half-way it has done half, and can be called again.
    Result<std::uint64_t> remove(const ExpiredDocuments& expired);

private:
    explicit ElasticsearchUpkeep(std::shared_ptr<elasticsearch::Cluster> cluster);
    class Calls;
    std::unique_ptr<Calls> calls_;
};

}  // namespace tributary::document_index
