#include "apps/traces.h"

#include <utility>

#include "base/version.h"

namespace tributary::apps {
namespace {

/// Some seconds' worth of a busy service that samples one of a hundred.
constexpr std::size_t kMaxSpans = 4'096;
constexpr std::chrono::milliseconds kSendLimit{1'000};

}  // namespace

Traces::Traces(int sample_percent, bool is_exporting, tracing::SpanCounts counts,
               const Clock& clock)
    : queue_(kMaxSpans, std::move(counts)),
      tracer_(sample_percent, clock, is_exporting ? &queue_ : nullptr) {
}

Result<std::unique_ptr<Traces>> Traces::open(const settings::Settings& settings,
                                             const std::string& service, tracing::SpanCounts counts,
                                             const Clock& clock, telemetry::Log& log) {
    const std::string& endpoint = settings.text("OTEL_EXPORTER_OTLP_ENDPOINT");
    std::unique_ptr<Traces> traces(
        new Traces(static_cast<int>(settings.integer("TRACE_SAMPLE_PERCENT")), !endpoint.empty(),
                   std::move(counts), clock));
    if (endpoint.empty()) return traces;
    auto url = http::Url::parse(endpoint);
    if (!url) return std::unexpected(url.error());
    traces->exporter_ = std::make_unique<tracing::OtlpExporter>(
        std::move(*url), tracing::SpanSource{service, kVersion}, tracing::ExportSettings(),
        traces->queue_, clock, log);
    return traces;
}

void Traces::send_meanwhile() {
    if (exporter_) thread_ = std::make_unique<tracing::ExportThread>(*exporter_, queue_);
}

void Traces::send_now() {
    if (exporter_) exporter_->send(kSendLimit);
}

}  // namespace tributary::apps
