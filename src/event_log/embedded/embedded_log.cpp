#include "event_log/embedded/embedded_log.h"

#include <fmt/format.h>

#include "event_log/embedded/embedded_inspector.h"
#include "event_log/embedded/embedded_reader.h"
#include "event_log/embedded/embedded_writer.h"
#include "event_log/embedded/log_database.h"
#include "event_log/embedded/trimmer.h"
#include "event_log/embedded/wake_file.h"

namespace tributary::event_log {
namespace {

constexpr std::int32_t kMaxPartitions = 1'000;

Result<void> check_settings(const EmbeddedLogSettings& settings) {
    if (settings.partitions < 1 || settings.partitions > kMaxPartitions) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The log was to be opened with {} partitions per topic; use 1 to "
                                "{}.",
                                settings.partitions, kMaxPartitions));
    }
    if (settings.lease.count() < 1) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The log was to be opened with a lease of {} ms; use 1 or more.",
                                settings.lease.count()));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::open(EmbeddedLogSettings settings,
                                                       const Clock& clock) {
    if (auto valid = check_settings(settings); !valid) return std::unexpected(valid.error());
    auto database = open_log_database(settings);
    if (!database) return std::unexpected(database.error());
    return std::unique_ptr<EmbeddedLog>(
        new EmbeddedLog(std::move(settings), clock, std::move(*database)));
}

Result<void> EmbeddedLog::create_topic(const std::string& topic) {
    if (auto valid = check_topic_name(topic); !valid) return valid;
    const std::lock_guard lock(mutex_);
    if (find_partition(database_, {topic, 0})) return {};

    auto transaction = sqlite::Transaction::write(database_);
    if (!transaction) return std::unexpected(transaction.error());
    // Again under the lock: another process may have been faster.
    if (find_partition(database_, {topic, 0})) return {};
    for (std::int32_t partition = 0; partition < settings_.partitions; ++partition) {
        auto made = database_.run("INSERT INTO partitions (topic, partition) VALUES (?1, ?2)",
                                  topic, partition);
        if (!made) return made;
    }
    // Readers may wait for this topic.
    if (auto bumped = database_.run("UPDATE groups SET generation = generation + 1"); !bumped) {
        return bumped;
    }
    if (auto committed = transaction->commit(); !committed) return committed;
    WakeSignal(settings_.path).raise();
    return {};
}

std::unique_ptr<Writer> EmbeddedLog::make_writer() {
    return std::make_unique<EmbeddedWriter>(settings_, clock_);
}

std::unique_ptr<Reader> EmbeddedLog::make_reader(std::string group, std::vector<std::string> topics,
                                                 RebalanceListener& listener) {
    return std::make_unique<EmbeddedReader>(settings_, clock_, std::move(group), std::move(topics),
                                            listener);
}

std::unique_ptr<Inspector> EmbeddedLog::make_inspector() {
    return std::make_unique<EmbeddedInspector>(settings_);
}

Result<std::uint64_t> EmbeddedLog::trim() {
    const std::lock_guard lock(mutex_);
    return Trimmer(database_, settings_, clock_.now()).run();
}

}  // namespace tributary::event_log
