#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "tracing/span.h"

namespace tributary::tracing {

/// Who made the spans.
struct SpanSource {
    std::string service;  ///< `service.name`: `tributary-producer`
    std::string version;
};

/// The body of an OTLP/HTTP export request in JSON (opentelemetry-proto 1.x,
/// ExportTraceServiceRequest): ids in hex, 64-bit numbers as strings.
std::string to_otlp_json(const SpanSource& source, std::span<const Span> spans);

/// How many spans the collector refused, by its answer; 0 where it says nothing of that.
std::size_t rejected_spans(std::string_view answer);

}  // namespace tributary::tracing
