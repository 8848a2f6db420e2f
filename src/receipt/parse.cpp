#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "receipt/json_text.h"
#include "receipt/receipt.h"

namespace tributary::receipt {
namespace {

namespace json = boost::json;

std::optional<std::string> text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

template <class Integer>
std::optional<Integer> integer_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    if (!std::in_range<Integer>(value->get_int64())) return std::nullopt;
    return static_cast<Integer>(value->get_int64());
}

bool is_true(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<Receipt> receipt_of(const json::object& object) {
    const auto id = text_of(object, "id");
    const auto type = text_of(object, "type");
    const auto topic = text_of(object, "topic");
    const auto partition = integer_of<std::int32_t>(object, "partition");
    const auto offset = integer_of<std::int64_t>(object, "offset");
    if (!id || !type || !topic || !partition || !offset) return std::nullopt;
    return Receipt{*id, *type, *topic, *partition, *offset};
}

std::vector<event::Violation> violations_of(const json::object& object) {
    std::vector<event::Violation> violations;
    const json::value* errors = object.if_contains("errors");
    if (errors == nullptr || !errors->is_array()) return violations;
    for (const json::value& error : errors->get_array()) {
        if (!error.is_object()) continue;
        violations.emplace_back(text_of(error.get_object(), "pointer").value_or(""),
                                text_of(error.get_object(), "detail").value_or(""));
    }
    return violations;
}

std::optional<Problem> problem_of(const json::object& object) {
    const auto status = integer_of<int>(object, "status");
    const auto title = text_of(object, "title");
    if (!status || !title) return std::nullopt;
    Problem problem;
    problem.status = *status;
    problem.type = text_of(object, "type").value_or("about:blank");
    problem.title = *title;
    problem.detail = text_of(object, "detail").value_or("");
    problem.id = text_of(object, "id").value_or("");
    problem.retry_safe = is_true(object, "retry_safe");
    problem.fate_unknown = text_of(object, "fate") == "unknown";
    problem.violations = violations_of(object);
    return problem;
}

std::optional<ItemOutcome> outcome_of(const json::value& value) {
    if (!value.is_object()) return std::nullopt;
    if (auto receipt = receipt_of(value.get_object())) return std::move(*receipt);
    if (auto problem = problem_of(value.get_object())) return std::unexpected(std::move(*problem));
    return std::nullopt;
}

std::optional<std::vector<ItemOutcome>> outcomes_of(const json::value& list) {
    if (!list.is_array()) return std::nullopt;
    std::vector<ItemOutcome> outcomes;
    outcomes.reserve(list.get_array().size());
    for (const json::value& item : list.get_array()) {
        auto outcome = outcome_of(item);
        if (!outcome) return std::nullopt;
        outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
}

/// The outcomes that the body lists, or the one that speaks for the whole request.
std::optional<std::vector<ItemOutcome>> read(const json::object& body, std::size_t expected) {
    for (const std::string_view list : {"receipts", "results"}) {
        if (const json::value* items = body.if_contains(list)) return outcomes_of(*items);
    }
    auto outcome = outcome_of(body);
    if (!outcome) return std::nullopt;
    if (*outcome) return std::vector<ItemOutcome>{std::move(*outcome)};
    return std::vector<ItemOutcome>(expected, *outcome);
}

bool is_success(int status) {
    return status >= 200 && status < 300;
}

/// A receipt under an error's status, or problems alone under a success, came from somewhere else.
bool fits_status(const std::vector<ItemOutcome>& outcomes, int status) {
    for (const ItemOutcome& outcome : outcomes) {
        if (outcome.has_value() ? !is_success(status) : status == 200) return false;
    }
    return true;
}

std::string excerpt(std::string_view body) {
    constexpr std::size_t kShown = 200;
    return utf8_only(body.substr(0, kShown)) + (body.size() > kShown ? "…" : "");
}

std::unexpected<Error> not_an_answer(int status, std::string_view body, const std::string& why) {
    return fail(ErrorCode::corrupt_data,
                "The answer (status " + std::to_string(status) +
                    ") is not one of a Tributary Producer: " + why +
                    ". Check what serves this address. It said: " + excerpt(body));
}

}  // namespace

bool is_about_request(std::string_view body) {
    boost::system::error_code failure;
    const json::value document = json::parse(body, failure);
    const json::object* const object = failure ? nullptr : document.if_object();
    return object != nullptr && !object->contains("receipts") && !object->contains("results") &&
           problem_of(*object);
}

Result<std::vector<ItemOutcome>> parse(int status, std::string_view body, std::size_t expected) {
    boost::system::error_code failure;
    const json::value document = json::parse(body, failure);
    if (failure) return not_an_answer(status, body, "it is not JSON");
    if (!document.is_object()) return not_an_answer(status, body, "it is no JSON object");
    auto outcomes = read(document.get_object(), expected);
    if (!outcomes) return not_an_answer(status, body, "it has neither receipts nor problems");
    if (outcomes->size() != expected) {
        return not_an_answer(status, body,
                             "it is about " + std::to_string(outcomes->size()) + " events, but " +
                                 std::to_string(expected) + " were sent");
    }
    if (!fits_status(*outcomes, status)) {
        return not_an_answer(status, body, "its receipts and problems contradict its status");
    }
    return std::move(*outcomes);
}

}  // namespace tributary::receipt
