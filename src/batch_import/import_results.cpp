#include "batch_import/import_results.h"

#include <utility>

namespace tributary::batch_import {
namespace {

using object_store::ObjectId;

constexpr std::string_view kRejected = "rejected/";
constexpr std::string_view kReports = "reports/";
constexpr std::string_view kCheckpoints = "checkpoints/";
constexpr std::size_t kPieceBytes = 64 * 1024;

std::string joined(std::string_view prefix, const std::string& key, const std::string& version,
                   std::string_view end) {
    return std::string(prefix) + key + "/" + version + std::string(end);
}

}  // namespace

bool is_result_key(std::string_view key) {
    return key.starts_with(kRejected) || key.starts_with(kReports) || key.starts_with(kCheckpoints);
}

ImportResults::ImportResults(object_store::ObjectStore& store, std::string bucket,
                             const std::string& key, const std::string& version)
    : store_(store),
      bucket_(std::move(bucket)),
      rejected_prefix_(joined(kRejected, key, version, "/")),
      report_key_(joined(kReports, key, version, ".json")),
      checkpoint_key_(joined(kCheckpoints, key, version, ".json")) {
}

Result<bool> ImportResults::has_final_report() {
    const auto json = load(report_key_);
    if (!json) return std::unexpected(json.error());
    const std::optional<std::string>& stored = *json;
    return stored && is_final_report(*stored);
}

Result<void> ImportResults::store_report(const Report& report, const Progress& progress) {
    return store_.put(ObjectId(bucket_, report_key_), report_json(report, progress));
}

Result<std::optional<Progress>> ImportResults::load_checkpoint() {
    const auto json = load(checkpoint_key_);
    if (!json) return std::unexpected(json.error());
    const std::optional<std::string>& stored = *json;
    if (!stored) return std::nullopt;
    auto progress = parse_checkpoint(*stored);
    if (!progress) return std::unexpected(progress.error());
    return std::move(*progress);
}

Result<void> ImportResults::store_checkpoint(const Progress& progress) {
    return store_.put(ObjectId(bucket_, checkpoint_key_), checkpoint_of(progress));
}

Result<void> ImportResults::remove_checkpoint() {
    return store_.remove(ObjectId(bucket_, checkpoint_key_));
}

Result<std::optional<std::string>> ImportResults::load(const std::string& key) {
    auto stream = store_.open(ObjectId(bucket_, key), "", 0);
    if (!stream) {
        if (stream.error().code == ErrorCode::not_found) return std::nullopt;
        return std::unexpected(stream.error());
    }
    std::string content;
    while (true) {
        const std::size_t size = content.size();
        content.resize(size + kPieceBytes);
        const auto piece = (*stream)->read(content.data() + size, kPieceBytes);
        if (!piece) return std::unexpected(piece.error());
        content.resize(size + *piece);
        if (*piece == 0) return content;
    }
}

}  // namespace tributary::batch_import
