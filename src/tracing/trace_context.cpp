#include "tracing/trace_context.h"

#include <algorithm>

namespace tributary::tracing {
namespace {

constexpr std::size_t kLength = 55;  // 00-<32>-<16>-<2>

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
    return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

bool is_traceparent(std::string_view text) {
    return text.size() == kLength && text.starts_with("00-") && text[35] == '-' &&
           text[52] == '-' && is_id(text.substr(3, 32)) && is_id(text.substr(36, 16)) &&
           is_lower_hex(text.substr(53));
}

bool is_sampled(std::string_view traceparent) {
    // The last digit first: nearly always it decides.
    return traceparent.size() == kLength &&
           std::string_view("13579bdf").find(traceparent.back()) != std::string_view::npos &&
           is_traceparent(traceparent);
}

std::string_view trace_id_of(std::string_view traceparent) {
    return traceparent.substr(3, 32);
}

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent) {
    if (!is_traceparent(traceparent)) return std::nullopt;
    TraceContext context;
    context.trace_id = trace_id_of(traceparent);
    context.span_id = traceparent.substr(36, 16);
    context.is_sampled = tracing::is_sampled(traceparent);
    return context;
}

std::string TraceContext::traceparent() const {
    std::string text;
    text.reserve(kLength);
    text += "00-";
    text += trace_id;
    text += '-';
    text += span_id;
    text += is_sampled ? "-01" : "-00";
    return text;
}

}  // namespace tributary::tracing
