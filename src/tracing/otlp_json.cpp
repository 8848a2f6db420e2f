#include "tracing/otlp_json.h"

#include <boost/json.hpp>
#include <cstdlib>

namespace tributary::tracing {
namespace {

namespace json = boost::json;

constexpr int kStatusError = 2;

json::object attribute(std::string_view name, const Span::Value& value) {
    json::object typed;
    if (const auto* text = std::get_if<std::string>(&value)) {
        typed["stringValue"] = *text;
    } else {
        typed["intValue"] = std::to_string(std::get<std::int64_t>(value));
    }
    return {{"key", name}, {"value", std::move(typed)}};
}

json::object span_json(const Span& span) {
    const auto begin = std::chrono::nanoseconds(span.began_at.time_since_epoch());
    json::object object{{"traceId", span.context.trace_id},
                        {"spanId", span.context.span_id},
                        {"name", span.name},
                        {"kind", static_cast<int>(span.kind)},
                        {"startTimeUnixNano", std::to_string(begin.count())},
                        {"endTimeUnixNano", std::to_string((begin + span.duration).count())}};
    if (!span.parent_id.empty()) object["parentSpanId"] = span.parent_id;
    json::array attributes;
    for (const auto& [name, value] : span.attributes) attributes.push_back(attribute(name, value));
    object["attributes"] = std::move(attributes);
    if (!span.failure.empty()) {
        object["status"] = json::object{{"code", kStatusError}, {"message", span.failure}};
    }
    return object;
}

}  // namespace

std::string to_otlp_json(const SpanSource& source, std::span<const Span> spans) {
    json::array list;
    for (const Span& span : spans) list.push_back(span_json(span));
    const json::object resource{
        {"attributes", json::array{attribute("service.name", source.service),
                                   attribute("service.version", source.version)}}};
    const json::object scope{{"name", "tributary"}, {"version", source.version}};
    const json::object scoped{{"scope", scope}, {"spans", std::move(list)}};
    return json::serialize(json::object{
        {"resourceSpans",
         json::array{json::object{{"resource", resource}, {"scopeSpans", json::array{scoped}}}}}});
}

std::size_t rejected_spans(std::string_view answer) {
    boost::system::error_code failure;
    const json::value body = json::parse(answer, failure);
    if (failure) return 0;
    const json::value* rejected = body.find_pointer("/partialSuccess/rejectedSpans", failure);
    if (rejected == nullptr) return 0;
    if (const auto* text = rejected->if_string()) {
        return static_cast<std::size_t>(std::strtoull(text->c_str(), nullptr, 10));
    }
    return rejected->is_number() ? rejected->to_number<std::size_t>(failure) : 0;
}

}  // namespace tributary::tracing
