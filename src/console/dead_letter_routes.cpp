#include "console/dead_letter_routes.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/rfc3339.h"
#include "console/responses.h"
#include "dead_letters/render.h"

namespace tributary::console {
namespace {

namespace json = boost::json;
using dead_letters::Filter;
using dead_letters::Order;
using dead_letters::State;

constexpr std::string_view kRoot = "/api/dead-letters";
constexpr std::size_t kMaxPage = 200;
constexpr std::size_t kMaxByBytes = 128;
/// Who asks waits 30 s and more; what is begun then still has to be finished.
constexpr std::chrono::seconds kActWithin{5};
constexpr std::string_view kFilterNames = "state, topic, reason, key, event_id, after, before";

/// Sets one member of a filter by its name. `invalid_input` names it and what is allowed.
Result<void> set_filter(Filter& filter, std::string_view name, const std::string& value) {
    if (value.empty()) return {};
    if (name == "topic")
        filter.topic = value;
    else if (name == "reason")
        filter.reason = value;
    else if (name == "key")
        filter.key = value;
    else if (name == "event_id")
        filter.event_id = value;
    else if (name == "state") {
        filter.state = dead_letters::parse_state(value);
        if (!filter.state) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("state: \"{}\" is none; use open, redriven or dropped.",
                                    value.substr(0, 64)));
        }
    } else if (name == "after" || name == "before") {
        const auto time = parse_rfc3339(value);
        if (!time) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("{}: {}", name, time.error().message));
        }
        (name == "after" ? filter.after : filter.before) = *time;
    } else {
        return fail(ErrorCode::invalid_input, fmt::format("There is no filter \"{}\"; use {}.",
                                                          name.substr(0, 64), kFilterNames));
    }
    return {};
}

Result<std::size_t> read_number(const std::string& text, std::string_view name, std::size_t most) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > most) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("{}: \"{}\" is not a whole number from 0 to {}.", name,
                                text.substr(0, 64), most));
    }
    return number;
}

struct ListQuery {
    Filter filter;
    std::size_t from = 0;
    std::size_t size = 20;
};

Result<ListQuery> parse_list(std::string_view query) {
    ListQuery out;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const auto name = http::percent_decode(pair.substr(0, equals), true);
        const auto value =
            http::percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value) return fail(ErrorCode::invalid_input, "The query is badly encoded.");
        if (name->empty()) continue;
        if (*name == "from" || *name == "size") {
            const auto number = read_number(*value, *name, *name == "size" ? kMaxPage : 1'000'000);
            if (!number) return std::unexpected(number.error());
            (*name == "from" ? out.from : out.size) = *number;
        } else if (auto set = set_filter(out.filter, *name, *value); !set) {
            return std::unexpected(set.error());
        }
    }
    return out;
}

std::unexpected<Error> bad(std::string sentence) {
    return fail(ErrorCode::invalid_input, std::move(sentence));
}

Result<void> read_ids(const json::value& value, Order& order) {
    const json::array* ids = value.if_array();
    if (ids == nullptr || ids->empty() || ids->size() > dead_letters::kMaxLettersPerOrder) {
        return bad(fmt::format("ids: a list of 1 to {} letters' ids is expected.",
                               dead_letters::kMaxLettersPerOrder));
    }
    for (const json::value& id : *ids) {
        if (!id.is_string()) return bad("ids: each is a string, as the list gives them.");
        order.filter.ids.emplace_back(id.as_string());
    }
    return {};
}

Result<void> read_filter(const json::value& value, Order& order) {
    if (!value.is_object()) {
        return bad(
            fmt::format("filter: an object with {} is expected; {{}} means every open "
                        "letter.",
                        kFilterNames));
    }
    for (const auto& [name, member] : value.as_object()) {
        if (!member.is_string())
            return bad(fmt::format("filter: {} is a string.", std::string_view(name)));
        auto set = set_filter(order.filter, name, std::string(member.as_string()));
        if (!set) return set;
    }
    return {};
}

Result<void> read_member(std::string_view name, const json::value& value, Order& order) {
    if (name == "ids") return read_ids(value, order);
    if (name == "filter") return read_filter(value, order);
    if (name == "by" && value.is_string()) {
        order.by = std::string(value.as_string()).substr(0, kMaxByBytes);
        return {};
    }
    if (name == "dry_run" && value.is_bool()) {
        order.is_dry_run = value.as_bool();
        return {};
    }
    if (name == "force" && value.is_bool() && order.leads_to == State::redriven) {
        order.is_forced = value.as_bool();
        return {};
    }
    return bad(
        fmt::format("\"{}\" is not understood here; send ids or filter, and if you like "
                    "dry_run and force (true or false) and by (your name).",
                    name.substr(0, 64)));
}

Result<Order> parse_order(const http::Request& request, State to) {
    boost::system::error_code failure;
    const json::value body = json::parse(request.body, failure);
    if (failure || !body.is_object()) return bad("A JSON object is expected.");
    Order order;
    order.leads_to = to;
    order.time_limit = kActWithin;
    order.by = "console at " + request.remote_address;
    for (const auto& [name, value] : body.as_object()) {
        if (auto read = read_member(name, value, order); !read) {
            return std::unexpected(read.error());
        }
    }
    if (order.filter.ids.empty() && !body.as_object().contains("filter")) {
        return bad("Say which letters: ids, or a filter ({} means every open one).");
    }
    return order;
}

}  // namespace

bool DeadLetterRoutes::is_here(std::string_view path) {
    return path.starts_with(kRoot) && (path.size() == kRoot.size() || path[kRoot.size()] == '/');
}

http::Response DeadLetterRoutes::answer(const http::Request& request) const {
    const std::string_view rest = request.path().substr(kRoot.size());
    const bool is_post = request.method == "POST";
    if (is_post && rest == "/redrive") return act(request, State::redriven);
    if (is_post && rest == "/drop") return act(request, State::dropped);
    const bool is_action = rest == "/redrive" || rest == "/drop";
    if (is_post || is_action) {
        auto refusal = problem(405, "Method not allowed",
                               "Letters are read with GET; POST goes to …/redrive or …/drop.");
        refusal.headers.set("Allow", is_action ? "POST" : "GET, HEAD");
        return refusal;
    }
    return rest.empty() ? list(request) : show(rest.substr(1));
}

http::Response DeadLetterRoutes::list(const http::Request& request) const {
    const auto query = parse_list(request.query());
    if (!query) return problem(query.error());
    const auto page = letters_.list(query->filter, query->from, query->size);
    return page ? json_response(dead_letters::to_json(*page)) : problem(page.error());
}

http::Response DeadLetterRoutes::show(std::string_view encoded_id) const {
    const auto id = http::percent_decode(encoded_id);
    if (!id) return problem(400, "Bad request", "The id is badly encoded.");
    const auto letter = letters_.show(*id);
    return letter ? json_response(dead_letters::to_json(*letter)) : problem(letter.error());
}

http::Response DeadLetterRoutes::act(const http::Request& request, State to) const {
    const auto order = parse_order(request, to);
    if (!order) return problem(order.error());
    const auto report = letters_.act(*order);
    if (!report) return problem(report.error());
    return json_response(dead_letters::to_json(*report, order->is_dry_run));
}

}  // namespace tributary::console
