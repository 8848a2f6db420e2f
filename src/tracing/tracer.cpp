#include "tracing/tracer.h"

#include <algorithm>
#include <fmt/format.h>
#include <random>
#include <utility>

namespace tributary::tracing {
namespace {

constexpr std::uint64_t kPercents = 100;

std::uint64_t seed() {
    std::random_device source;
    return (std::uint64_t{source()} << 32U) | source();
}

/// The value of `name` in `Root=…;Parent=…;Sampled=…`.
std::string_view xray_field(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::string_view part = header.substr(0, header.find(';'));
        if (part.starts_with(name)) return part.substr(name.size());
        header.remove_prefix(std::min(header.size(), part.size() + 1));
    }
    return {};
}

}  // namespace

Tracer::Tracer(int sample_percent, const Clock& clock, SpanQueue* spans)
    : clock_(clock),
      spans_(spans),
      sampled_below_(static_cast<std::uint64_t>(std::clamp(sample_percent, 0, 100))),
      state_(seed()) {
}

TraceContext Tracer::begin_trace() {
    TraceContext context;
    // An id of zeros is not allowed.
    context.trace_id = fmt::format("{:016x}{:016x}", random(), random() | 1U);
    context.span_id = fmt::format("{:016x}", random() | 1U);
    context.is_sampled = is_in_sample();
    context.is_new = true;
    return context;
}

TraceContext Tracer::trace_of_invocation(std::string_view xray_trace_id) {
    TraceContext context = begin_trace();
    const std::string_view root = xray_field(xray_trace_id, "Root=1-");
    if (root.size() != 33 || root[8] != '-') return context;
    TraceContext found = context;
    found.trace_id = std::string(root.substr(0, 8)) + std::string(root.substr(9));
    if (const auto parent = xray_field(xray_trace_id, "Parent="); !parent.empty()) {
        found.span_id = parent;
        found.is_new = false;
    }
    found.is_sampled |= xray_field(xray_trace_id, "Sampled=") == "1";
    return is_traceparent(found.traceparent()) ? found : context;
}

TraceContext Tracer::child_of(const TraceContext& parent) {
    TraceContext child = parent;
    child.span_id = fmt::format("{:016x}", random() | 1U);
    child.is_new = false;
    return child;
}

std::optional<Span> Tracer::begin(std::string name, Span::Kind kind, std::string_view traceparent) {
    if (!is_exporting()) return std::nullopt;
    const auto parent = TraceContext::parse(traceparent);
    return parent ? begin(std::move(name), kind, *parent) : std::nullopt;
}

std::optional<Span> Tracer::begin(std::string name, Span::Kind kind, const TraceContext& parent) {
    if (!is_exporting() || !parent.is_sampled) return std::nullopt;
    Span span;
    span.context = parent.is_new ? parent : child_of(parent);
    span.context.is_new = false;
    if (!parent.is_new) span.parent_id = parent.span_id;
    span.name = std::move(name);
    span.kind = kind;
    span.began_at = clock_.now();
    span.began = clock_.steady_now();
    return span;
}

void Tracer::begun_at(Span& span, SteadyTime time) const {
    span.began_at -= std::chrono::round<std::chrono::milliseconds>(span.began - time);
    span.began = time;
}

void Tracer::end(Span span) {
    if (!is_exporting()) return;
    span.duration = clock_.steady_now() - span.began;
    spans_->push(std::move(span));
}

bool Tracer::is_in_sample() {
    return random() % kPercents < sampled_below_;
}

/// SplitMix64: every state is visited once, so ids of one process never repeat.
std::uint64_t Tracer::random() {
    std::uint64_t z = state_.fetch_add(0x9E37'79B9'7F4A'7C15, std::memory_order_relaxed);
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31U);
}

}  // namespace tributary::tracing
