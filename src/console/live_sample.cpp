#include "console/live_sample.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "ledger/counts.h"
#include "receipt/json_text.h"

namespace tributary::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kDocumentsForLatency = 200;
constexpr std::chrono::seconds kLatencyWindow{10};

Result<json::object> progress_of(event_log::Inspector& inspector, const event::EntityType& type,
                                 const std::string& group) {
    std::int64_t accepted = 0;
    std::int64_t lag = 0;
    ledger::Counts sum;
    const auto partitions = inspector.partitions(type.topic);
    if (!partitions && partitions.error().code != ErrorCode::not_found) {
        return std::unexpected(partitions.error());
    }
    for (const auto& partition : partitions.value_or(std::vector<event_log::TopicPartition>())) {
        const auto committed = inspector.committed(group, partition);
        if (!committed && committed.error().code != ErrorCode::not_found) {
            return std::unexpected(committed.error());
        }
        const auto range = inspector.range(partition);
        if (!range) return std::unexpected(range.error());
        accepted += range->end;
        lag += range->end - (committed ? committed->offset : range->first);
        const auto counts = ledger::decode_counts(committed ? committed->metadata : "");
        if (!counts) continue;
        sum.indexed += counts->indexed;
        sum.duplicates += counts->duplicates;
        sum.dead_lettered += counts->dead_lettered;
    }
    return json::object{{"type", type.name},
                        {"accepted", accepted},
                        {"indexed", sum.indexed},
                        {"duplicates", sum.duplicates},
                        {"dead_lettered", sum.dead_lettered},
                        {"lag", lag}};
}

double latency_of(const std::string& document) {
    boost::system::error_code failure;
    const json::value value = json::parse(document, failure);
    const json::value* latency =
        failure ? nullptr : value.find_pointer("/pipeline/latency_ms", failure);
    return latency != nullptr && latency->is_number() ? latency->to_number<double>() : -1;
}

Result<json::value> latency_of(document_index::Searcher& searcher, const event::EntityType& type,
                               Timestamp now) {
    document_index::Query query;
    query.indices = {type.index};
    query.after = now - kLatencyWindow;
    query.size = kDocumentsForLatency;
    const auto page = searcher.search(query);
    if (!page) return std::unexpected(page.error());
    std::vector<double> values;
    for (const document_index::Hit& hit : page->hits) {
        const double latency = latency_of(hit.json);
        if (latency >= 0) values.push_back(latency);
    }
    if (values.empty()) return json::value(nullptr);
    std::ranges::sort(values);
    const auto at = [&](double share) {
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    };
    return json::value(json::object{
        {"p50", at(0.5)}, {"p95", at(0.95)}, {"p99", at(0.99)}, {"of", values.size()}});
}

/// Whoever does not answer is not asked for its version; one that keeps it to itself is well.
template <class Port>
json::object health(Port& port, const std::optional<Error>& error) {
    json::object object{{"ok", !error}};
    if (error) {
        object["detail"] = receipt::utf8_only(error->message);
    } else if (const auto engine = port.engine()) {
        object["version"] = receipt::utf8_only(*engine);
    }
    return object;
}

}  // namespace

LiveSample::LiveSample(const event::Catalog& catalog, event_log::Inspector& inspector,
                       document_index::Searcher& searcher, std::string group, Status status,
                       const Clock& clock)
    : catalog_(catalog),
      inspector_(inspector),
      searcher_(searcher),
      group_(std::move(group)),
      status_(std::move(status)),
      clock_(clock) {
}

std::string LiveSample::operator()() const {
    const Timestamp now = clock_.now();
    std::optional<Error> log_error;
    std::optional<Error> index_error;
    json::array types;
    for (const event::EntityType& type : catalog_.types()) {
        json::object object{{"type", type.name}};
        // Whoever does not answer is asked once, not once a type: each may take its whole deadline.
        if (!log_error) {
            auto progress = progress_of(inspector_, type, group_);
            if (progress) object = std::move(*progress);
            if (!progress) log_error = progress.error();
        }
        object["latency_ms"] = nullptr;
        if (!index_error) {
            auto latency = latency_of(searcher_, type, now);
            if (latency) object["latency_ms"] = std::move(*latency);
            if (!latency) index_error = latency.error();
        }
        types.push_back(std::move(object));
    }
    return fmt::format(R"({{"at":"{}","log":{},"index":{},"types":{},"parts":{}}})",
                       format_rfc3339(now), json::serialize(health(inspector_, log_error)),
                       json::serialize(health(searcher_, index_error)), json::serialize(types),
                       to_json(status_()));
}

}  // namespace tributary::console
