#include "event/schema.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <limits>
#include <mutex>
#include <optional>
#include <regex>
// Without it valijson ends the process where a schema is wrong.
#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "event/json_text.h"

namespace tributary::event {
namespace {

namespace json = boost::json;
using Adapter = valijson::adapters::BoostJsonAdapter;

/// std::regex calls itself for every character, so a long text would use up the stack.
constexpr std::size_t kMaxMatchedBytes = 4096;

std::optional<json::value> parse(std::string_view text, std::string& why) {
    json::parse_options options;
    options.max_depth = 1024;
    json::error_code error;
    json::value value =
        json::parse(json::string_view(text.data(), text.size()), error, {}, options);
    if (error) {
        why = error.message();
        return std::nullopt;
    }
    return value;
}

/// Calls `visit` with every member of every object within `value`.
template <class Visit>
void for_each_member(const json::value& value, const Visit& visit) {
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            visit(std::string_view(member.key()), member.value());
            for_each_member(member.value(), visit);
        }
    } else if (const auto* array = value.if_array()) {
        for (const json::value& element : *array) for_each_member(element, visit);
    }
}

/// valijson compiles expressions when they are first needed; a wrong one must be found before.
void compile_expressions(const json::value& schema) {
    for_each_member(schema, [](std::string_view name, const json::value& value) {
        if (name == "pattern" && value.is_string()) {
            const std::regex expression(std::string(value.get_string()));
        } else if (name == "patternProperties" && value.is_object()) {
            for (const auto& member : value.get_object()) {
                const std::regex expression(std::string(member.key()));
            }
        }
    });
}

bool matches_expressions(const json::value& schema) {
    bool does = false;
    for_each_member(schema, [&does](std::string_view name, const json::value&) {
        does = does || name == "pattern" || name == "patternProperties" || name == "format";
    });
    return does;
}

void find_long_texts(const json::value& value, const std::string& pointer,
                     std::vector<Violation>& violations) {
    const auto check = [&](std::string_view text, const std::string& where) {
        if (text.size() <= kMaxMatchedBytes) return;
        violations.emplace_back(
            where, fmt::format("has {} bytes; at most {} can be checked against the schema.",
                               text.size(), kMaxMatchedBytes));
    };
    if (const auto* text = value.if_string()) {
        check(*text, pointer);
    } else if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            check(member.key(), pointer);
            find_long_texts(member.value(), pointer + pointer_to(member.key()), violations);
        }
    } else if (const auto* array = value.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            find_long_texts((*array)[i], fmt::format("{}/{}", pointer, i), violations);
        }
    }
}

using Context = std::vector<std::string>;

/// valijson writes `<root>`, `[name]`, `[3]`.
std::string pointer_of(const Context& context, std::string_view prefix) {
    std::string pointer(prefix);
    for (const std::string_view step : context) {
        if (step == "<root>" || step.size() < 2) continue;
        pointer += pointer_to(step.substr(1, step.size() - 2));
    }
    return pointer;
}

/// A container's complaint that something within it fails, which says so itself.
bool is_echo(const valijson::ValidationResults::Error& error,
             const std::vector<valijson::ValidationResults::Error>& all) {
    if (!error.description.starts_with("Failed to validate")) return false;
    return std::ranges::any_of(all, [&](const auto& other) {
        return other.context.size() > error.context.size() &&
               std::equal(error.context.begin(), error.context.end(), other.context.begin());
    });
}

}  // namespace

struct Schema::Compiled {
    valijson::Schema schema;
    bool matches_expressions = false;

    /// A validator caches expressions as it goes, so two threads must not share one.
    std::unique_ptr<valijson::Validator> borrow() {
        const std::scoped_lock lock(mutex);
        if (idle.empty()) {
            return std::make_unique<valijson::Validator>(valijson::Validator::kStrongTypes);
        }
        auto validator = std::move(idle.back());
        idle.pop_back();
        return validator;
    }
    void give_back(std::unique_ptr<valijson::Validator> validator) {
        const std::scoped_lock lock(mutex);
        idle.push_back(std::move(validator));
    }

    std::mutex mutex;
    std::vector<std::unique_ptr<valijson::Validator>> idle;
};

Schema::Schema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {
}

Schema::~Schema() = default;

Result<std::shared_ptr<const Schema>> Schema::compile(std::string_view text) {
    std::string why;
    const auto document = parse(text, why);
    if (!document) {
        return fail(ErrorCode::invalid_input, fmt::format("The schema is not JSON: {}.", why));
    }
    if (!document->is_object()) {
        return fail(ErrorCode::invalid_input, "The schema must be an object.");
    }
    auto compiled = std::make_unique<Compiled>();
    try {
        compile_expressions(*document);
        const Adapter adapter(*document);
        valijson::SchemaParser().populateSchema(adapter, compiled->schema);
    } catch (const std::exception& exception) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The schema cannot be used: {}.", exception.what()));
    }
    compiled->matches_expressions = matches_expressions(*document);
    return std::shared_ptr<const Schema>(new Schema(std::move(compiled)));
}

std::vector<Violation> Schema::check(std::string_view data, std::string_view prefix) const {
    std::vector<Violation> violations;
    std::string why;
    const auto value = parse(data, why);
    if (!value) return {Violation(std::string(prefix), fmt::format("cannot be read: {}.", why))};
    if (compiled_->matches_expressions) {
        find_long_texts(*value, std::string(prefix), violations);
        if (!violations.empty()) return violations;
    }
    valijson::ValidationResults results;
    auto validator = compiled_->borrow();
    bool is_valid = false;
    try {
        is_valid = validator->validate(compiled_->schema, Adapter(*value), &results);
    } catch (const std::exception& exception) {
        return {Violation(std::string(prefix), fmt::format("cannot be checked against the schema: "
                                                           "{}.",
                                                           exception.what()))};
    }
    compiled_->give_back(std::move(validator));
    if (is_valid) return violations;
    const std::vector<valijson::ValidationResults::Error> errors(results.begin(), results.end());
    for (const auto& error : errors) {
        if (is_echo(error, errors)) continue;
        violations.emplace_back(pointer_of(error.context, prefix), error.description);
    }
    if (violations.empty()) {
        violations.emplace_back(std::string(prefix), "does not conform to the schema.");
    }
    return violations;
}

}  // namespace tributary::event
