#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/event.h"
#include "http/client.h"
#include "receipt/receipt.h"

/// The one way in which our own programs hand events to the Producer.
namespace tributary::producer_client {

struct Settings {
    /// Below the Producer's MAX_BODY_BYTES and MAX_BATCH_ITEMS; more is sent in several requests.
    std::size_t max_request_bytes = std::size_t{8} << 20;
    std::size_t max_request_items = 10'000;
    /// One request; longer than the Producer takes to answer.
    std::chrono::milliseconds attempt_timeout{25'000};
    /// How long after the first attempt further ones are begun; always within the caller's limit.
    std::chrono::milliseconds retry_window = std::chrono::hours(24);
    std::chrono::milliseconds first_backoff{100};
    std::chrono::milliseconds max_backoff{5'000};
    /// How the time between attempts passes: `std::this_thread::sleep_for`, or a test's clock.
    std::function<void(std::chrono::milliseconds)> wait;
};

/// The bearer token of the next request; empty: none is sent. Asked with `was_refused` once the
/// Producer has answered 401 to the one before, which may have been replaced meanwhile.
using TokenSource = std::function<Result<std::string>(bool was_refused)>;
/// One token for good.
TokenSource fixed_token(std::string token);

/// What became of the events of one call.
struct Sent {
    std::vector<receipt::ItemOutcome> outcomes;  ///< One per event, in their order.
    /// What the Producer asked for last, for the caller's own Retry-After; else one second.
    std::chrono::milliseconds retry_after{1'000};
    /// Why the last attempt met no Producer; empty where one answered. Holds nothing of what was
    /// sent or answered, so it may be logged.
    std::string unreachable;
};

/// Sends events to `POST /produce` over one kept-alive connection. Repeats what 429, 503, 504, a
/// failed connection or a missing answer left open, with the same ids: those are safe to repeat by
/// design. Waits with full jitter, never less than the Retry-After. A request whose events have one
/// `traceparent` in common carries it, too. One thread.
class ProducerClient {
public:
    /// `clock` must outlive the client.
    ProducerClient(http::Url producer, TokenSource token, Settings settings, const Clock& clock);

    /// Returns within `limit`. An event whose persistence is not known at the end has the problem
    /// 504 with `fate_unknown`, also where only an earlier attempt left it open; one that was
    /// certainly not taken 503 or 429; one that the Producer refuses has the Producer's problem.
    /// An answer that is no Producer's is 502 and tells where it came from. Where the token cannot
    /// be had, that is as good as no Producer: tried again, and 503 in the end.
    Sent send(std::span<const event::Event> events, std::chrono::milliseconds limit);

private:
    class Delivery;

    http::Url producer_;
    TokenSource token_;
    Settings settings_;
    const Clock& clock_;
    http::Client client_;
    std::mt19937_64 random_;
};

}  // namespace tributary::producer_client
