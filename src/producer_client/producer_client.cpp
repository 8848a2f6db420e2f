#include "producer_client/producer_client.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <thread>
#include <utility>

#include "base/result.h"

namespace tributary::producer_client {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kBatchType = "application/cloudevents-batch+json";

/// Whether the same event may meet another answer a little later.
bool is_open(const receipt::Problem& problem) {
    return problem.retry_safe || problem.status == 429 || problem.status == 503 ||
           problem.status == 504;
}

/// Nothing was taken, because nobody was there to take it.
receipt::Problem unreachable(const Error& error, const std::string& id) {
    receipt::Problem problem = receipt::problem_of(error, id);
    problem.type = "/problems/producer-unavailable";
    problem.title = "The Producer cannot be reached";
    return problem;
}

/// An answer that did not come from a Producer: a proxy before it, or a wrong address.
receipt::Problem bad_gateway(std::string detail, const std::string& id) {
    receipt::Problem problem;
    problem.status = 502;
    problem.type = "/problems/bad-gateway";
    problem.title = "The Producer could not be asked";
    problem.detail = std::move(detail);
    problem.id = id;
    problem.retry_safe = true;
    return problem;
}

/// Whether the batch was refused as a whole: too large, too many. None of its events is at fault.
bool is_about_batch(const http::Response& response) {
    return response.status == 413 || ((response.status == 400 || response.status == 422) &&
                                      receipt::is_about_request(response.body));
}

/// Seconds only: the form that the Producer writes. Dates come from nobody we talk to.
milliseconds retry_after_of(const http::Response& response) {
    const std::string_view text = response.headers.get("Retry-After");
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number && seconds > 0 && seconds < 86'400 ? milliseconds(seconds * 1'000)
                                                        : milliseconds(0);
}

}  // namespace

/// One call of `send`: which events are open, and what is known of each.
class ProducerClient::Delivery {
public:
    Delivery(ProducerClient& client, std::span<const event::Event> events, milliseconds limit)
        : client_(client),
          events_(events),
          begin_(client.clock_.steady_now()),
          deadline_(begin_ + limit),
          last_begin_(begin_ + std::min(limit, client.settings_.retry_window)),
          may_be_stored_(events.size(), false) {
        for (std::size_t i = 0; i < events.size(); ++i) {
            const Error never_sent(ErrorCode::unavailable,
                                   "No time was left to send this event; send it again.");
            sent_.outcomes.emplace_back(
                std::unexpected(receipt::problem_of(never_sent, events[i].id)));
            open_.push_back(i);
        }
    }

    Sent run() {
        milliseconds ceiling = client_.settings_.first_backoff;
        while (true) {
            asked_wait_ = milliseconds(0);
            send_open();
            if (open_.empty()) break;
            const milliseconds wait = std::max(asked_wait_, jitter(ceiling));
            ceiling = std::min(2 * ceiling, client_.settings_.max_backoff);
            if (client_.clock_.steady_now() + wait >= last_begin_) break;
            client_.settings_.wait(wait);
            is_repeated_ = true;
        }
        name_unknown_fates();
        return std::move(sent_);
    }

private:
    using Indices = std::span<const std::size_t>;

    [[nodiscard]] milliseconds time_left() const {
        return std::chrono::floor<milliseconds>(deadline_ - client_.clock_.steady_now());
    }

    milliseconds jitter(milliseconds ceiling) {
        std::uniform_int_distribution<milliseconds::rep> any(0, ceiling.count());
        return milliseconds(any(client_.random_));
    }

    /// Sends all that is open, in as few requests as the limits allow; keeps what stays open. What
    /// is behind a request that left something open waits for it: events keep their order.
    void send_open() {
        const std::vector<std::size_t> round = std::exchange(open_, {});
        std::size_t begin = 0;
        while (begin < round.size()) {
            std::size_t end = begin;
            std::size_t bytes = 2;
            do {
                bytes += events_[round[end]].json.size() + 1;
                ++end;
            } while (end < round.size() && end - begin < client_.settings_.max_request_items &&
                     bytes + events_[round[end]].json.size() < client_.settings_.max_request_bytes);
            send_request(Indices(round).subspan(begin, end - begin));
            begin = end;
            if (!open_.empty()) break;
        }
        keep_open(Indices(round).subspan(begin));
    }

    void send_request(Indices items) {
        const milliseconds left = time_left();
        if (left <= milliseconds(0)) {
            keep_open(items);
            return;
        }
        const milliseconds limit = std::min(left, client_.settings_.attempt_timeout);
        auto response = ask(items, limit);
        if (response && response->status == 401) response = ask_again(items, limit, *response);
        if (!response) {
            take_failure(items, response.error());
        } else if (items.size() > 1 && is_about_batch(*response)) {
            send_halves(items);
        } else {
            take_answer(items, *response);
        }
    }

    void send_halves(Indices items) {
        const Indices second = items.subspan(items.size() / 2);
        send_request(items.first(items.size() / 2));
        open_.empty() ? send_request(second) : keep_open(second);
    }

    void keep_open(Indices items) { open_.insert(open_.end(), items.begin(), items.end()); }

    Result<http::Response> ask(Indices items, milliseconds limit) {
        auto token = client_.token_(false);
        if (!token) return fail(ErrorCode::unavailable, token.error().message);
        token_ = std::move(*token);
        return client_.client_.send(request_of(items), limit, true);
    }

    /// Only where there is another token by now.
    Result<http::Response> ask_again(Indices items, milliseconds limit,
                                     const http::Response& refusal) {
        const std::string refused = token_;
        const auto token = client_.token_(true);
        if (!token || *token == refused) return refusal;
        return ask(items, limit);
    }

    [[nodiscard]] bool share_trace(Indices items) const {
        const std::string& first = events_[items.front()].traceparent;
        return !first.empty() && std::ranges::all_of(items, [&](std::size_t item) {
            return events_[item].traceparent == first;
        });
    }

    [[nodiscard]] http::Request request_of(Indices items) const {
        http::Request request;
        request.method = "POST";
        request.target = "/produce";
        request.headers.add("Content-Type", std::string(kBatchType));
        if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
        if (share_trace(items)) {
            request.headers.add("traceparent", events_[items.front()].traceparent);
        }
        std::size_t bytes = 2;
        for (const std::size_t item : items) bytes += events_[item].json.size() + 1;
        request.body.reserve(bytes);
        request.body += '[';
        for (const std::size_t item : items) {
            if (request.body.size() > 1) request.body += ',';
            request.body += events_[item].json;
        }
        request.body += ']';
        return request;
    }

    void take_failure(Indices items, const Error& error) {
        const bool is_known = error.code == ErrorCode::unavailable;
        // Our own deadline cut this attempt, so an earlier one knows better what is wrong.
        if (is_known && is_repeated_ && time_left() <= milliseconds(0)) {
            keep_open(items);
            return;
        }
        if (is_known) sent_.unreachable = error.message;
        const bool is_unknown = error.code == ErrorCode::timed_out;
        for (const std::size_t item : items) {
            const std::string& id = events_[item].id;
            if (is_known) {
                settle(item, std::unexpected(unreachable(error, id)));
            } else if (is_unknown) {
                settle(item, std::unexpected(receipt::problem_of(error, id)));
            } else {
                settle(item, std::unexpected(bad_gateway(error.message, id)));
            }
        }
    }

    void take_answer(Indices items, const http::Response& response) {
        sent_.unreachable.clear();
        if (const milliseconds wait = retry_after_of(response); wait > milliseconds(0)) {
            asked_wait_ = std::max(asked_wait_, wait);
            sent_.retry_after = wait;
        }
        auto outcomes = receipt::parse(response.status, response.body, items.size());
        if (!outcomes) {
            take_strange_answer(items, response, outcomes.error());
            return;
        }
        for (std::size_t i = 0; i < items.size(); ++i) settle(items[i], std::move((*outcomes)[i]));
    }

    void take_strange_answer(Indices items, const http::Response& response, const Error& error) {
        const std::string detail = fmt::format(
            "{}:{} answered {} in a way that no Producer does ({}). Check PRODUCER_URL, and what "
            "stands between.",
            client_.producer_.host, client_.producer_.port, response.status, error.message);
        for (const std::size_t item : items) {
            sent_.outcomes[item] = std::unexpected(bad_gateway(detail, events_[item].id));
            // A proxy's 502 while the Producer restarts is worth another try, a 404 is not.
            if (response.status >= 500) {
                may_be_stored_[item] = true;
                open_.push_back(item);
            }
        }
    }

    void settle(std::size_t item, receipt::ItemOutcome outcome) {
        if (!outcome) {
            if (outcome.error().id.empty()) outcome.error().id = events_[item].id;
            if (is_open(outcome.error())) open_.push_back(item);
            if (outcome.error().fate_unknown) may_be_stored_[item] = true;
        }
        sent_.outcomes[item] = std::move(outcome);
    }

    /// "Not taken" by the last attempt says nothing about an earlier one that was never answered.
    void name_unknown_fates() {
        for (const std::size_t item : open_) {
            receipt::ItemOutcome& outcome = sent_.outcomes[item];
            if (!may_be_stored_[item] || outcome.error().fate_unknown) continue;
            const Error unknown(ErrorCode::timed_out,
                                "An earlier attempt was not answered, so the event may be stored; "
                                "the last one failed: " +
                                    outcome.error().detail);
            outcome = std::unexpected(receipt::problem_of(unknown, events_[item].id));
        }
    }

    ProducerClient& client_;
    std::span<const event::Event> events_;
    SteadyTime begin_;
    SteadyTime deadline_;
    SteadyTime last_begin_;
    std::vector<bool> may_be_stored_;
    std::vector<std::size_t> open_;
    bool is_repeated_ = false;
    milliseconds asked_wait_{0};
    std::string token_;
    Sent sent_;
};

TokenSource fixed_token(std::string token) {
    return [token = std::move(token)](bool) { return token; };
}

ProducerClient::ProducerClient(http::Url producer, TokenSource token, Settings settings,
                               const Clock& clock)
    : producer_(producer),
      token_(std::move(token)),
      settings_(std::move(settings)),
      clock_(clock),
      client_(std::move(producer)),
      random_(std::random_device{}()) {
    if (!settings_.wait) {
        settings_.wait = [](milliseconds time) { std::this_thread::sleep_for(time); };
    }
}

Sent ProducerClient::send(std::span<const event::Event> events, milliseconds limit) {
    return Delivery(*this, events, limit).run();
}

}  // namespace tributary::producer_client
