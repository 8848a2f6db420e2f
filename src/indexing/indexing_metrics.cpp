#include "indexing/indexing_metrics.h"

#include <string>

namespace tributary::indexing {
namespace {

telemetry::Counter& items(telemetry::Metrics& metrics, Verdict verdict) {
    return metrics.counter("tributary_consumer_items_total",
                           "Answers of the index to single documents, and undecodable records.",
                           {{"verdict", std::string(to_string(verdict))}});
}

telemetry::Counter& dead_letters(telemetry::Metrics& metrics, Verdict reason) {
    return metrics.counter("tributary_dead_letters_total", "Records that became dead letters.",
                           {{"reason", std::string(to_string(reason))}});
}

std::size_t index_of(Verdict verdict) {
    return static_cast<std::size_t>(verdict);
}

}  // namespace

IndexingMetrics::IndexingMetrics(telemetry::Metrics& metrics)
    : items_(all_verdicts().size()),
      dead_letters_(all_verdicts().size()),
      failed_requests_(metrics.counter("tributary_index_failed_requests_total",
                                       "Bulk requests that failed as a whole.")),
      retried_documents_(metrics.counter("tributary_index_retried_documents_total",
                                         "Documents given to the index once more.")),
      reader_replacements_(metrics.counter("tributary_consumer_reader_replacements_total",
                                           "Clients of the log that were replaced.")),
      bulk_seconds_(metrics.histogram("tributary_index_bulk_seconds", "From sending to the answer.",
                                      telemetry::latency_bounds())),
      bulk_documents_(metrics.histogram("tributary_index_bulk_documents",
                                        "Documents of one bulk request.",
                                        {1, 3, 10, 30, 100, 300, 1000, 3000})),
      bulk_bytes_(metrics.histogram("tributary_index_bulk_bytes", "Bytes of one bulk request.",
                                    {1e3, 1e4, 1e5, 1e6, 4e6, 1e7})),
      latency_(metrics.histogram("tributary_event_indexed_latency_seconds",
                                 "From the Producer's receipt of an event to its document.",
                                 telemetry::latency_bounds())),
      in_flight_(metrics.gauge("tributary_consumer_in_flight_documents",
                               "Documents sent whose answer is awaited.")),
      buffered_records_(
          metrics.gauge("tributary_consumer_buffered_records", "Records held in memory.")),
      buffered_bytes_(metrics.gauge("tributary_consumer_buffered_bytes", "Their size.")) {
    for (const Verdict verdict : all_verdicts()) {
        items_[index_of(verdict)] = &items(metrics, verdict);
        if (consequence_of(verdict) != Consequence::dead_letter) continue;
        dead_letters_[index_of(verdict)] = &dead_letters(metrics, verdict);
    }
}

void IndexingMetrics::count_item(Verdict verdict) {
    items_[index_of(verdict)]->add();
}

void IndexingMetrics::count_dead_letter(Verdict reason) {
    dead_letters_[index_of(reason)]->add();
}

void IndexingMetrics::count_failed_request() {
    failed_requests_.add();
}

void IndexingMetrics::count_retried_document() {
    retried_documents_.add();
}

void IndexingMetrics::count_reader_replacements(std::uint64_t count) {
    if (count > 0) reader_replacements_.add(static_cast<double>(count));
}

void IndexingMetrics::observe_bulk(std::size_t documents, std::size_t bytes, double seconds) {
    bulk_documents_.observe(static_cast<double>(documents));
    bulk_bytes_.observe(static_cast<double>(bytes));
    bulk_seconds_.observe(seconds);
}

void IndexingMetrics::observe_latency(double seconds) {
    latency_.observe(seconds);
}

void IndexingMetrics::set_load(const BufferUsage& usage, std::size_t documents_in_flight) {
    buffered_records_.set(static_cast<double>(usage.records));
    buffered_bytes_.set(static_cast<double>(usage.bytes));
    in_flight_.set(static_cast<double>(documents_in_flight));
}

}  // namespace tributary::indexing
