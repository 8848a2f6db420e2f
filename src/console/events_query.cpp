#include "console/events_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "base/rfc3339.h"

namespace tributary::console {
namespace {

constexpr std::array<std::string_view, 8> kParameters{"type",   "q",    "id",   "after",
                                                      "before", "from", "size", "cursor"};

Result<void> check_names(std::string_view query) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto name = http::percent_decode(pair.substr(0, pair.find('=')), true);
        if (pair.empty()) continue;
        if (!name ||
            std::find(kParameters.begin(), kParameters.end(), *name) == kParameters.end()) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("There is no parameter \"{}\"; use type, q, id, after, before, "
                                    "from, size or cursor.",
                                    pair.substr(0, std::min<std::size_t>(pair.find('='), 64))));
        }
    }
    return {};
}

Result<std::size_t> read_number(const http::Request& request, std::string_view name,
                                std::size_t otherwise) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) return otherwise;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size()) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("{}: \"{}\" is not a whole number from 0.", name, *text));
    }
    return number;
}

Result<std::optional<Timestamp>> read_time(const http::Request& request, std::string_view name) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) return std::nullopt;
    const auto time = parse_rfc3339(*text);
    if (!time)
        return fail(ErrorCode::invalid_input, fmt::format("{}: {}", name, time.error().message));
    return *time;
}

Result<std::vector<std::string>> read_indices(const http::Request& request,
                                              const event::Catalog& catalog) {
    const std::string wanted = request.parameter("type").value_or("");
    if (wanted == "dead-letter") return std::vector<std::string>{document_index::kDeadLettersIndex};
    std::vector<std::string> indices;
    for (const event::EntityType& type : catalog.types()) {
        if (wanted.empty() || wanted == type.name) indices.push_back(type.index);
    }
    if (!indices.empty()) return indices;
    return fail(ErrorCode::invalid_input,
                fmt::format("type: \"{}\" is unknown; use one of {}, or dead-letter.", wanted,
                            catalog.names()));
}

}  // namespace

Result<document_index::Query> parse_events_query(const http::Request& request,
                                                 const event::Catalog& catalog) {
    if (auto names = check_names(request.query()); !names) return std::unexpected(names.error());
    document_index::Query query;
    const auto indices = read_indices(request, catalog);
    const auto from = read_number(request, "from", query.from);
    const auto size = read_number(request, "size", query.size);
    const auto after = read_time(request, "after");
    const auto before = read_time(request, "before");
    if (!indices) return std::unexpected(indices.error());
    if (!from) return std::unexpected(from.error());
    if (!size) return std::unexpected(size.error());
    if (!after) return std::unexpected(after.error());
    if (!before) return std::unexpected(before.error());
    query.indices = *indices;
    query.from = *from;
    query.size = *size;
    query.after = *after;
    query.before = *before;
    query.text = request.parameter("q").value_or("");
    query.id = request.parameter("id").value_or("");
    query.cursor = request.parameter("cursor").value_or("");
    return query;
}

std::string events_json(const document_index::Page& page) {
    std::string out = fmt::format(R"({{"total":{},"events":[)", page.total);
    for (const document_index::Hit& hit : page.hits) {
        if (out.back() != '[') out += ',';
        out += hit.json;
    }
    out += ']';
    // Cursors are made of URL-safe characters, which need no escapes.
    if (!page.cursor.empty()) out += fmt::format(R"(,"cursor":"{}")", page.cursor);
    return out + "}";
}

}  // namespace tributary::console
