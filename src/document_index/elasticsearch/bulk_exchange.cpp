#include "document_index/elasticsearch/bulk_exchange.h"

#include <charconv>
#include <fmt/format.h>

#include "document_index/elasticsearch/bulk_request.h"
#include "document_index/elasticsearch/bulk_response.h"
#include "document_index/elasticsearch/failure.h"
#include "document_index/elasticsearch/item_verdict.h"

namespace tributary::document_index::elasticsearch {
namespace {

constexpr const char* kBulkTarget =
    "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,"
    "items.*.error.caused_by.reason";
constexpr const char* kMgetTarget = "/_mget?_source_includes=pipeline.digest,kafka,data";
constexpr std::string_view kStoring = "store documents";
constexpr std::string_view kLookingUp = "show stored documents";

std::chrono::seconds retry_after_of(const http::Response& response) {
    const auto text = response.headers.get("Retry-After");
    unsigned seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(seconds);
}

WriteOutcome outcome_of(ItemVerdict verdict, ItemAnswer& answer) {
    switch (verdict) {
        case ItemVerdict::rejected:
            return Rejected{answer.status, std::move(answer.type), std::move(answer.reason)};
        case ItemVerdict::try_again:
            return TryAgain{answer.status, fmt::format("{}: {}", answer.type, answer.reason)};
        default: return Created{};
    }
}

}  // namespace

Writer::Outcomes BulkExchange::run() {
    outcomes_.resize(documents_.size());
    std::vector<std::size_t> sendable;
    sendable.reserve(documents_.size());
    for (std::size_t i = 0; i < documents_.size(); ++i) {
        if (!client_.settings().indices.contains(documents_[i].index) &&
            documents_[i].index != kDeadLettersIndex) {
            // The server would make it, and guess its mapping.
            return fail(
                ErrorCode::unavailable,
                fmt::format("The index '{}' is none of the catalog's.", documents_[i].index));
        }
        if (auto rejected = why_not_sendable(documents_[i])) {
            outcomes_[i] = *std::move(rejected);
        } else {
            sendable.push_back(i);
        }
    }
    if (auto stored = store(sendable); !stored) return std::unexpected(std::move(stored.error()));
    if (auto known = look_up_taken(); !known) return std::unexpected(std::move(known.error()));
    return std::move(outcomes_);
}

Result<void> BulkExchange::store(Positions positions) {
    if (positions.empty()) return {};
    ClusterRequest request("POST", kBulkTarget, bulk_body(documents_, positions));
    request.content_type = "application/x-ndjson";
    auto response = client_.send(std::move(request), deadline_);
    if (!response) return std::unexpected(connection_failure(response.error(), kStoring));
    if (response->status == 413) return store_in_halves(positions);
    if (response->status != 200) return failed(*response, kStoring);
    return take_answers(positions, response->body);
}

Result<void> BulkExchange::store_in_halves(Positions positions) {
    if (positions.size() == 1) {
        outcomes_[positions.front()] =
            Rejected{413, "content_too_long_exception",
                     "The document alone is larger than a request may be (413)."};
        return {};
    }
    const auto half = positions.size() / 2;
    if (auto stored = store(positions.first(half)); !stored) return stored;
    return store(positions.subspan(half));
}

Result<void> BulkExchange::take_answers(Positions positions, std::string& body) {
    auto answers = parse_bulk_response(body);
    if (!answers) return std::unexpected(std::move(answers.error()));
    if (answers->size() != positions.size()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("Elasticsearch answered for {} documents of the {} that were sent.",
                                answers->size(), positions.size()));
    }
    for (std::size_t i = 0; i < positions.size(); ++i) {
        ItemAnswer& answer = (*answers)[i];
        const ItemVerdict verdict = judge_item(answer);
        if (verdict == ItemVerdict::environment) {
            return fail(ErrorCode::unavailable,
                        fmt::format("The index '{}' takes no documents now: {} {}: {}.",
                                    documents_[positions[i]].index, answer.status, answer.type,
                                    answer.reason));
        }
        if (verdict == ItemVerdict::taken) {
            taken_.push_back(positions[i]);
        } else {
            outcomes_[positions[i]] = outcome_of(verdict, answer);
        }
    }
    return {};
}

Result<void> BulkExchange::look_up_taken() {
    if (taken_.empty()) return {};
    auto body = ask({"POST", kMgetTarget, mget_body(documents_, taken_)}, kLookingUp);
    if (!body) return std::unexpected(std::move(body.error()));
    auto stored = parse_mget_response(*body);
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (stored->size() != taken_.size()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("Elasticsearch showed {} documents of the {} that were asked for.",
                                stored->size(), taken_.size()));
    }
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        WriteOutcome& outcome = outcomes_[taken_[i]];
        if (auto& found = (*stored)[i]) {
            outcome = *std::move(found);
        } else {
            outcome = TryAgain{409, "The id was taken, and its document is gone since."};
        }
    }
    return {};
}

Result<std::string> BulkExchange::ask(ClusterRequest request, std::string_view what) {
    auto response = client_.send(std::move(request), deadline_);
    if (!response) return std::unexpected(connection_failure(response.error(), what));
    if (response->status != 200) return failed(*response, what);
    return std::move(response->body);
}

std::unexpected<Error> BulkExchange::failed(const http::Response& response, std::string_view what) {
    retry_after_ = retry_after_of(response);
    return std::unexpected(request_failure(response, what));
}

}  // namespace tributary::document_index::elasticsearch
