#include "document_index/embedded/group_writer.h"

#include <cerrno>
#include <fmt/format.h>
#include <optional>
#include <sys/statvfs.h>
#include <system_error>
#include <utility>

#include "document_index/embedded/schema.h"

namespace tributary::document_index {
namespace {

constexpr std::size_t kMaxIdBytes = 512;  // Elasticsearch's limit.
constexpr std::size_t kMaxDocumentBytes = std::size_t{256} << 20;

std::optional<Rejected> check_limits(const Document& document) {
    if (document.id.empty() || document.id.size() > kMaxIdBytes) {
        return Rejected{400, "illegal_argument_exception",
                        fmt::format("An id of {} bytes cannot be stored: use 1 to {} bytes.",
                                    document.id.size(), kMaxIdBytes)};
    }
    if (document.json.size() > kMaxDocumentBytes) {
        return Rejected{400, "illegal_argument_exception",
                        fmt::format("A document of {} bytes cannot be stored: the limit is {}.",
                                    document.json.size(), kMaxDocumentBytes)};
    }
    return std::nullopt;
}

/// What a failure means to the caller of a write: the environment's fault, whatever it was.
Error environment_error(const Error& error) {
    if (error.code == ErrorCode::retry_later) return error;
    return {ErrorCode::unavailable, error.message};
}

}  // namespace

Result<void> check_free_space(const EmbeddedIndexSettings& settings) {
    struct statvfs file_system{};
    if (::statvfs(settings.path.c_str(), &file_system) != 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("The index '{}' cannot be reached: {}.", settings.path,
                                std::error_code(errno, std::generic_category()).message()));
    }
    const auto free = std::uint64_t{file_system.f_bavail} * file_system.f_frsize;
    if (free >= settings.free_space_reserve_bytes) return {};
    return fail(
        ErrorCode::unavailable,
        fmt::format("The file system of the index '{}' has {} MiB left, and {} MiB are kept "
                    "in reserve; make room.",
                    settings.path, free >> 20, settings.free_space_reserve_bytes >> 20));
}

GroupWriter::GroupWriter(EmbeddedIndexSettings settings)
    : settings_(std::move(settings)), reader_(settings_.value_fields) {
}

Writer::Outcomes GroupWriter::write(const std::vector<Document>& documents) {
    auto readings = read_all(documents);
    if (auto space = check_free_space(settings_); !space) return std::unexpected(space.error());
    if (!database_) {
        auto opened = open_index_database(settings_);
        if (!opened) return std::unexpected(environment_error(opened.error()));
        database_ = std::make_unique<sqlite::Database>(std::move(*opened));
    }
    auto outcomes = write_in_transaction(documents, std::move(readings));
    if (outcomes) return outcomes;
    // Tables that the transaction created are gone, and after an I/O error the connection is not to
    // be trusted: begin anew.
    tables_.clear();
    database_.reset();
    return std::unexpected(environment_error(outcomes.error()));
}

/// Before the transaction, to keep it short.
std::vector<GroupWriter::Reading> GroupWriter::read_all(const std::vector<Document>& documents) {
    std::vector<Reading> readings;
    readings.reserve(documents.size());
    for (const auto& document : documents) {
        if (auto beyond = check_limits(document); beyond) {
            readings.emplace_back(std::unexpected(std::move(*beyond)));
        } else {
            readings.push_back(reader_.read(document.index, document.json));
        }
    }
    return readings;
}

Writer::Outcomes GroupWriter::write_in_transaction(const std::vector<Document>& documents,
                                                   std::vector<Reading> readings) {
    auto transaction = sqlite::Transaction::write(*database_);
    if (!transaction) return std::unexpected(transaction.error());
    std::vector<WriteOutcome> outcomes;
    outcomes.reserve(documents.size());
    for (std::size_t i = 0; i < documents.size(); ++i) {
        if (!readings[i]) {
            outcomes.emplace_back(std::move(readings[i].error()));
            continue;
        }
        auto outcome = write_one(documents[i], std::move(*readings[i]));
        if (!outcome) return std::unexpected(outcome.error());
        outcomes.push_back(std::move(*outcome));
    }
    for (auto& [index, tables] : tables_) {
        if (auto finished = tables.finish(); !finished) return std::unexpected(finished.error());
    }
    if (auto committed = transaction->commit(); !committed) {
        return std::unexpected(committed.error());
    }
    return outcomes;
}

Result<WriteOutcome> GroupWriter::write_one(const Document& document, IndexedFields fields) {
    const auto tables = this->tables(document.index);
    if (!tables) return std::unexpected(tables.error());
    const auto row = (*tables)->find(document.id);
    if (!row) return std::unexpected(row.error());
    if (const auto& taken = *row; taken) {
        const auto stored = (*tables)->json(*taken);
        if (!stored) return std::unexpected(stored.error());
        if (document.operation == Document::Operation::create) {
            auto content = reader_.stored_content(*stored);
            return AlreadyExists{std::move(content.digest), std::move(content.origin),
                                 std::move(content.data)};
        }
        // Without the index's own mapping, which may have become stricter since.
        const auto old = reader_.read({}, *stored);
        const auto erased = (*tables)->erase(*taken, old ? old->text : std::string());
        if (!erased) return std::unexpected(erased.error());
    }
    auto inserted = (*tables)->insert(document.id, document.json, std::move(fields));
    if (!inserted) return std::unexpected(inserted.error());
    return Created();
}

Result<IndexTables*> GroupWriter::tables(const std::string& index) {
    auto found = tables_.find(index);
    if (found == tables_.end()) {
        auto opened = IndexTables::open(*database_, index);
        if (!opened) return std::unexpected(opened.error());
        found = tables_.emplace(index, std::move(*opened)).first;
    }
    return &found->second;
}

}  // namespace tributary::document_index
