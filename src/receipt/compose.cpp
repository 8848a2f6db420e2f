#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "receipt/json_text.h"
#include "receipt/receipt.h"

namespace tributary::receipt {
namespace {

namespace json = boost::json;

json::object json_of(const Receipt& receipt) {
    return {{"id", utf8_only(receipt.id)},
            {"type", receipt.type},
            {"topic", receipt.topic},
            {"partition", receipt.partition},
            {"offset", receipt.offset}};
}

json::array json_of(const std::vector<event::Violation>& violations) {
    json::array errors;
    errors.reserve(violations.size());
    for (const event::Violation& violation : violations) {
        errors.push_back(json::object{{"pointer", utf8_only(violation.pointer)},
                                      {"detail", utf8_only(violation.message)}});
    }
    return errors;
}

json::object json_of(const Problem& problem) {
    json::object object{{"type", problem.type},
                        {"title", problem.title},
                        {"status", problem.status},
                        {"detail", utf8_only(problem.detail)}};
    if (!problem.id.empty()) object["id"] = utf8_only(problem.id);
    object["retry_safe"] = problem.retry_safe;
    if (problem.fate_unknown) object["fate"] = "unknown";
    if (!problem.violations.empty()) object["errors"] = json_of(problem.violations);
    return object;
}

int status_of(const ItemOutcome& outcome) {
    return outcome ? 200 : outcome.error().status;
}

/// `before`, then the outcomes as an array, then the end of the object. One item after the other: a
/// tree of a large batch would take several times its text.
std::string with_results(std::string before, const std::vector<ItemOutcome>& outcomes) {
    constexpr std::size_t kMoreDigits = 8;  // Of the offsets to come.
    std::string text = std::move(before);
    text += '[';
    for (const ItemOutcome& outcome : outcomes) {
        const std::string item =
            json::serialize(outcome ? json_of(*outcome) : json_of(outcome.error()));
        if (text.back() == '[') {
            text.reserve(text.size() + (item.size() + kMoreDigits) * outcomes.size());
        } else {
            text += ',';
        }
        text += item;
    }
    text += "]}";
    return text;
}

/// None was accepted, all for the same status: a problem for people, with every item's in it.
std::string problem_of_all(const std::vector<ItemOutcome>& outcomes) {
    Problem problem;
    problem.status = status_of(outcomes.front());
    problem.type = "/problems/batch-not-accepted";
    problem.title = "No event of the batch was accepted";
    problem.detail = "None of the " + std::to_string(outcomes.size()) +
                     " events was accepted; `results` has each one's problem, in the order sent.";
    problem.retry_safe = std::ranges::all_of(
        outcomes, [](const ItemOutcome& outcome) { return outcome.error().retry_safe; });
    problem.fate_unknown = std::ranges::any_of(
        outcomes, [](const ItemOutcome& outcome) { return outcome.error().fate_unknown; });
    std::string text = json::serialize(json_of(problem));
    text.pop_back();
    return with_results(std::move(text) + R"(,"results":)", outcomes);
}

Answer answer_with(int status, std::string body) {
    return {status, "application/json", std::move(body), {}};
}

Answer problem_with(int status, std::string body) {
    return {status, "application/problem+json", std::move(body), {}};
}

Answer compose_batch(const std::vector<ItemOutcome>& outcomes) {
    const auto accepted = std::ranges::count_if(
        outcomes, [](const ItemOutcome& outcome) { return outcome.has_value(); });
    if (std::cmp_equal(accepted, outcomes.size())) {
        return answer_with(200, with_results(R"({"receipts":)", outcomes));
    }
    const bool is_uniform = std::ranges::all_of(outcomes, [&](const ItemOutcome& outcome) {
        return status_of(outcome) == status_of(outcomes.front());
    });
    if (is_uniform) return problem_with(status_of(outcomes.front()), problem_of_all(outcomes));
    return answer_with(207, with_results(R"({"results":)", outcomes));
}

bool is_worth_waiting(int status) {
    return status == 429 || status == 503;
}

}  // namespace

Answer compose(const std::vector<ItemOutcome>& outcomes, bool is_batch,
               std::chrono::milliseconds retry_after) {
    if (!is_batch && !outcomes.empty()) {
        const ItemOutcome& only = outcomes.front();
        return only ? answer_with(200, json::serialize(json_of(*only)))
                    : compose(only.error(), retry_after);
    }
    Answer answer = compose_batch(outcomes);
    const bool wait_helps = std::ranges::any_of(
        outcomes, [](const ItemOutcome& outcome) { return is_worth_waiting(status_of(outcome)); });
    if (wait_helps) answer.retry_after = retry_after;
    return answer;
}

Answer compose(const Problem& problem, std::optional<std::chrono::milliseconds> retry_after) {
    Answer answer = problem_with(problem.status, json::serialize(json_of(problem)));
    if (is_worth_waiting(problem.status)) answer.retry_after = retry_after;
    return answer;
}

std::string retry_after_header(std::chrono::milliseconds wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return std::to_string(std::max<decltype(seconds)>(seconds, 1));
}

}  // namespace tributary::receipt
