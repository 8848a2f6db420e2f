#include "indexing/verdicts.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "event/event.h"

namespace tributary::indexing {
namespace {

using document_index::AlreadyExists;
using document_index::Created;
using document_index::Rejected;
using document_index::TryAgain;

struct VerdictRow {
    Verdict verdict;
    std::string_view name;
    Consequence consequence;
};
constexpr std::array kVerdicts{
    VerdictRow{Verdict::created, "created", Consequence::indexed},
    VerdictRow{Verdict::redelivery, "redelivery", Consequence::indexed},
    VerdictRow{Verdict::duplicate, "duplicate", Consequence::duplicate},
    VerdictRow{Verdict::id_reused, "id_reused", Consequence::dead_letter},
    VerdictRow{Verdict::mapping_conflict, "mapping_conflict", Consequence::dead_letter},
    VerdictRow{Verdict::field_limit, "field_limit", Consequence::dead_letter},
    VerdictRow{Verdict::invalid_document, "invalid_document", Consequence::dead_letter},
    VerdictRow{Verdict::rejected, "rejected", Consequence::dead_letter},
    VerdictRow{Verdict::undecodable, "undecodable", Consequence::dead_letter},
    VerdictRow{Verdict::retries_exhausted, "retries_exhausted", Consequence::dead_letter},
    VerdictRow{Verdict::try_again, "try_again", Consequence::retry},
    VerdictRow{Verdict::environment, "environment", Consequence::wait},
};

constexpr auto kAllVerdicts = [] {
    std::array<Verdict, kVerdicts.size()> verdicts{};
    std::ranges::transform(kVerdicts, verdicts.begin(), &VerdictRow::verdict);
    return verdicts;
}();

/// Refusals, the first row that fits. An adapter calls a document `Rejected` only for its own
/// fault; a status that no document can cause is not believed, because an expired key must never
/// move a backlog to the dead letters.
struct RefusalRow {
    int status;              // 0: any
    std::string_view type;   // "": any
    std::string_view words;  // in the reason; "": any
    Verdict verdict;
};
constexpr std::array kRefusals{
    RefusalRow{400, "", "total fields", Verdict::field_limit},
    RefusalRow{400, "mapper_parsing_exception", "", Verdict::mapping_conflict},
    RefusalRow{400, "document_parsing_exception", "", Verdict::mapping_conflict},
    RefusalRow{400, "strict_dynamic_mapping_exception", "", Verdict::mapping_conflict},
    RefusalRow{400, "illegal_argument_exception", "", Verdict::invalid_document},
    RefusalRow{400, "action_request_validation_exception", "", Verdict::invalid_document},
    RefusalRow{400, "", "", Verdict::rejected},
    RefusalRow{413, "", "", Verdict::invalid_document},
    RefusalRow{0, "", "", Verdict::environment},
};

const VerdictRow& row_of(Verdict verdict) {
    return *std::ranges::find(kVerdicts, verdict, &VerdictRow::verdict);
}

bool fits(const RefusalRow& row, const Rejected& rejected) {
    return (row.status == 0 || row.status == rejected.status) &&
           (row.type.empty() || row.type == rejected.type) &&
           rejected.reason.find(row.words) != std::string::npos;
}

Judgement judge_refusal(const Rejected& rejected) {
    const auto* row = std::ranges::find_if(
        kRefusals, [&](const RefusalRow& candidate) { return fits(candidate, rejected); });
    return {row->verdict, rejected.status, rejected.type + ": " + rejected.reason};
}

Judgement judge_existing(const AlreadyExists& stored, const SentDocument& sent) {
    const bool is_same_place = stored.origin == sent.origin;
    if (stored.digest == sent.digest || event::same_json_value(stored.data, sent.data)) {
        return {is_same_place ? Verdict::redelivery : Verdict::duplicate, 409, ""};
    }
    // A log never changes a record: other content at the same place is from another log.
    return {Verdict::id_reused, 409,
            fmt::format("The id is taken by a document with other content, from {} partition {} "
                        "offset {}; {}send this event with an id of its own.",
                        stored.origin.topic, stored.origin.partition, stored.origin.offset,
                        is_same_place ? "that is where this event lies now, so the log was "
                                        "probably deleted and made anew; "
                                      : "")};
}

}  // namespace

std::span<const Verdict> all_verdicts() {
    return kAllVerdicts;
}

Consequence consequence_of(Verdict verdict) {
    return row_of(verdict).consequence;
}

std::string_view to_string(Verdict verdict) {
    return row_of(verdict).name;
}

Judgement judge(const document_index::WriteOutcome& outcome, const SentDocument& sent) {
    if (const auto* stored = std::get_if<AlreadyExists>(&outcome)) {
        return judge_existing(*stored, sent);
    }
    if (const auto* rejected = std::get_if<Rejected>(&outcome)) return judge_refusal(*rejected);
    if (const auto* refused = std::get_if<TryAgain>(&outcome)) {
        return {Verdict::try_again, refused->status, refused->reason};
    }
    return {Verdict::created, 201, ""};
}

}  // namespace tributary::indexing
