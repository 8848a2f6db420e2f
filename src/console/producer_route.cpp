#include "console/producer_route.h"

#include <fmt/format.h>
#include <memory>
#include <utility>

#include "console/responses.h"

namespace tributary::console {
namespace {

constexpr int kForwardThreads = 2;
constexpr std::size_t kMaxEventsWaiting = 64;
/// Longer than the Producer takes to answer.
constexpr std::chrono::seconds kProducerDeadline{25};

}  // namespace

ProducerRoute::ProducerRoute(http::Url producer, std::string token, http::Handler& next,
                             const Clock& clock)
    : producer_(std::move(producer)),
      token_(std::move(token)),
      next_(next),
      ids_(clock),
      workers_(kForwardThreads, kMaxEventsWaiting) {
}

void ProducerRoute::handle(http::Request request, http::Responder responder) {
    if (request.path() != "/events") return next_.handle(std::move(request), std::move(responder));
    if (request.method != "POST") {
        auto refusal = problem(405, "Method not allowed", "Events are sent with POST /events.");
        refusal.headers.set("Allow", "POST");
        return responder.send(std::move(refusal));
    }
    // This is the first hop. Were the id made behind it, an answer that got lost would leave the
    // client none to send its event again under.
    if (!request.headers.contains("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", ids_.next());
    }
    const std::string id(request.headers.get("Idempotency-Key"));
    // Shared, because the refusal below needs the responder back when the task was not taken.
    const auto shared = std::make_shared<http::Responder>(std::move(responder));
    Workers::Task task = [this, request = std::move(request), shared] {
        shared->send(forward(request));
    };
    if (!workers_.submit(task)) {
        shared->send(
            event_problem(503, "Busy", "Too many events are on their way; retry in a moment.", id));
    }
}

http::Response ProducerRoute::on_error(int status, std::string_view detail) {
    return event_problem(status, "Not read", detail, ids_.next());
}

http::Response ProducerRoute::forward(const http::Request& request) const {
    http::Request onward;
    onward.method = "POST";
    onward.target = "/produce";
    onward.body = request.body;
    for (const char* name : {"Content-Type", "Idempotency-Key", "traceparent"}) {
        if (request.headers.contains(name)) {
            onward.headers.set(name, std::string(request.headers.get(name)));
        }
    }
    if (!token_.empty()) onward.headers.set("Authorization", "Bearer " + token_);
    const auto answer = http::Client(producer_).send(std::move(onward), kProducerDeadline);
    if (!answer) {
        return event_problem(answer.error().code == ErrorCode::timed_out ? 504 : 503, "No answer",
                             fmt::format("The Producer gave no answer: {}", answer.error().message),
                             request.headers.get("Idempotency-Key"));
    }
    http::Response response =
        response_of(answer->status, answer->headers.get("Content-Type"), answer->body);
    if (answer->headers.contains("Retry-After")) {
        response.headers.set("Retry-After", std::string(answer->headers.get("Retry-After")));
    }
    return response;
}

}  // namespace tributary::console
