#include "tracing/otlp_exporter.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace tributary::tracing {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSendInterval{1'000};
constexpr milliseconds kSendLimit{3'000};
constexpr milliseconds kLastChance{2'000};
constexpr milliseconds kLongestPause{60'000};

http::ClientSettings client_settings() {
    http::ClientSettings settings;
    settings.connect_timeout = milliseconds(2'000);
    settings.max_response_bytes = std::size_t{1} << 20;
    return settings;
}

/// OTLP: these may be repeated, all others may not.
bool may_be_repeated(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

milliseconds retry_after_of(const http::Response& response) {
    const std::string_view text = response.headers.get("Retry-After");
    std::int32_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::clamp(milliseconds(std::chrono::seconds(seconds)), milliseconds(0), kLongestPause);
}

}  // namespace

OtlpExporter::OtlpExporter(http::Url endpoint, SpanSource source, ExportSettings settings,
                           SpanQueue& queue, const Clock& clock, telemetry::Log& log)
    : source_(std::move(source)),
      settings_(settings),
      queue_(queue),
      clock_(clock),
      log_(log),
      client_(std::move(endpoint), client_settings()) {
}

void OtlpExporter::send(milliseconds limit) {
    const SteadyTime end = clock_.steady_now() + limit;
    while (clock_.steady_now() >= not_before_) {
        const auto left = std::chrono::floor<milliseconds>(end - clock_.steady_now());
        if (left <= milliseconds(0) || !send_batch(left)) return;
    }
}

void OtlpExporter::finish(milliseconds limit) {
    not_before_ = {};
    send(limit);
    std::size_t left = batch_.size();
    for (auto more = queue_.take(settings_.max_batch); !more.empty();
         more = queue_.take(settings_.max_batch)) {
        left += more.size();
    }
    batch_.clear();
    if (left > 0) queue_.counts().dropped(left);
}

bool OtlpExporter::send_batch(milliseconds limit) {
    if (batch_.empty()) batch_ = queue_.take(settings_.max_batch);
    if (batch_.empty()) return false;
    http::Request request;
    request.method = "POST";
    request.target = "/v1/traces";
    request.headers.add("Content-Type", "application/json");
    request.body = to_otlp_json(source_, batch_);
    // Spans have ids: one that comes twice is the same.
    const bool may_repeat = true;
    const auto response =
        client_.send(std::move(request), std::min(limit, settings_.attempt_timeout), may_repeat);
    if (!response) {
        pause(response.error(), milliseconds(0));
        return false;
    }
    if (response->status == 200) {
        const std::size_t rejected = std::min(batch_.size(), rejected_spans(response->body));
        queue_.counts().exported(batch_.size() - rejected);
        if (rejected > 0) queue_.counts().dropped(rejected);
        batch_.clear();
        return true;
    }
    const Error error(ErrorCode::unavailable,
                      fmt::format("The collector answered {} to /v1/traces.", response->status));
    if (may_be_repeated(response->status)) {
        pause(error, retry_after_of(*response));
        return false;
    }
    log_.warn("The collector refuses spans; they are dropped.", error);
    queue_.counts().dropped(batch_.size());
    batch_.clear();
    return true;
}

void OtlpExporter::pause(const Error& error, milliseconds at_least) {
    log_.warn("Spans cannot be exported; they are kept for a while.", error);
    not_before_ = clock_.steady_now() + std::max(settings_.pause, at_least);
}

ExportThread::ExportThread(OtlpExporter& exporter, SpanQueue& queue)
    : thread_([&exporter, &queue](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
              queue.wait_until_worth_sending(stop, kSendInterval);
              exporter.send(kSendLimit);
          }
          exporter.finish(kLastChance);
      }) {
}

}  // namespace tributary::tracing
