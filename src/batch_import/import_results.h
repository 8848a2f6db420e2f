#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "batch_import/progress.h"
#include "object_store/object_store.h"

namespace tributary::batch_import {

/// Whether a key lies under one of the three prefixes below.
bool is_result_key(std::string_view key);

/// Where the results of one version of an object lie, and reading and writing them there.
class ImportResults {
public:
    /// `store` must outlive this.
    ImportResults(object_store::ObjectStore& store, std::string bucket, const std::string& key,
                  const std::string& version);

    [[nodiscard]] const std::string& bucket() const { return bucket_; }
    /// `rejected/<key>/<version>/`
    [[nodiscard]] const std::string& rejected_prefix() const { return rejected_prefix_; }

    /// Whether a run has read this version to its end.
    Result<bool> has_final_report();
    Result<void> store_report(const Report& report, const Progress& progress);

    /// Empty where there is none. `corrupt_data`, `conflict`: see `parse_checkpoint`.
    Result<std::optional<Progress>> load_checkpoint();
    Result<void> store_checkpoint(const Progress& progress);
    Result<void> remove_checkpoint();

private:
    Result<std::optional<std::string>> load(const std::string& key);

    object_store::ObjectStore& store_;
    std::string bucket_;
    std::string rejected_prefix_;
    std::string report_key_;
    std::string checkpoint_key_;
};

}  // namespace tributary::batch_import
