#include "dead_letters/index_status.h"

#include <boost/json.hpp>
#include <future>
#include <memory>
#include <utility>
#include <variant>

#include "base/rfc3339.h"

namespace tributary::dead_letters {
namespace {

namespace json = boost::json;
using document_index::Document;

json::object action_json(const Action& action) {
    json::object object{{"by", action.by}, {"at", format_rfc3339(action.at)}};
    if (action.leads_to == State::redriven) {
        object["partition"] = action.partition;
        object["offset"] = action.offset;
    }
    return object;
}

/// The stored document with its new state; empty where it is no JSON object.
std::string with_state(const std::string& stored, const Action& action) {
    boost::system::error_code failure;
    json::value document = json::parse(stored, failure);
    if (failure || !document.is_object()) return "";
    document.as_object()["state"] = to_string(action.leads_to);
    document.as_object()["action"] = action_json(action);
    return json::serialize(document);
}

}  // namespace

void IndexStatus::note(const std::string& detail) {
    if (trouble_.empty()) {
        trouble_ =
            std::string(document_index::kDeadLettersIndex) + " does not show all of it: " + detail;
    }
}

void IndexStatus::update(const std::vector<Outcome>& outcomes) {
    std::vector<Document> documents;
    for (const Outcome& outcome : outcomes) {
        if (outcome.fate != Fate::done || !outcome.action) continue;
        const auto hit = searcher_.get(document_index::kDeadLettersIndex, outcome.letter);
        // Deleted by retention, say: then there is nothing to keep up to date.
        if (!hit && hit.error().code == ErrorCode::not_found) continue;
        if (!hit) return note(hit.error().message);
        std::string document = with_state(hit->json, *outcome.action);
        if (document.empty()) continue;
        documents.emplace_back(Document::Operation::put, document_index::kDeadLettersIndex,
                               outcome.letter, std::move(document));
    }
    if (documents.empty()) return;
    const auto promise = std::make_shared<std::promise<document_index::Writer::Outcomes>>();
    auto future = promise->get_future();
    index_.write(std::move(documents),
                 [promise](auto written) { promise->set_value(std::move(written)); });
    const auto written = future.get();
    if (!written) return note(written.error().message);
    for (const auto& one : *written) {
        if (const auto* refused = std::get_if<document_index::Rejected>(&one))
            note(refused->reason);
        if (const auto* busy = std::get_if<document_index::TryAgain>(&one)) note(busy->reason);
    }
}

}  // namespace tributary::dead_letters
