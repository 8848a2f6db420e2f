#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "event_log/event_log.h"
#include "http/event_loop.h"
#include "receipt/receipt.h"

namespace tributary::ingest {

/// The answers that wait for the log: each is given once, either when the log has reported on all
/// of its events or when its deadline passes; what is still open then has an unknown fate.
/// Thread-safe. Shared with the log's callbacks and the loop's timer, which may outlive the owner.
class OpenAnswers : public std::enable_shared_from_this<OpenAnswers> {
public:
    using Outcomes = std::vector<receipt::ItemOutcome>;
    /// The final outcomes, on the thread that brought the last of them.
    using Done = std::move_only_function<void(Outcomes)>;
    /// For each outcome that came after its answer was given: whether the log took the event.
    using Late = std::function<void(const event_log::AppendOutcome&)>;

    /// `loop` and `clock` must outlive this object.
    OpenAnswers(http::EventLoop& loop, const Clock& clock, std::chrono::milliseconds deadline,
                Late late);

    /// `outcomes` are final but for those at `open`, which hold a receipt without its position.
    /// The returned function takes the log's report on the events at `open`, in their order.
    event_log::Writer::Done wait_for(Outcomes outcomes, std::vector<std::size_t> open, Done done);

    [[nodiscard]] std::size_t size() const;

private:
    struct Answer;
    using List = std::list<std::shared_ptr<Answer>>;

    void report(const std::shared_ptr<Answer>& answer,
                std::vector<event_log::AppendOutcome> outcomes);
    void give_up(const std::shared_ptr<Answer>& answer);
    bool claim(Answer& answer);
    void schedule();
    void tick();

    http::EventLoop& loop_;
    const Clock& clock_;
    const std::chrono::milliseconds deadline_;
    const Late late_;
    mutable std::mutex mutex_;
    List waiting_;  ///< In the order of their deadlines, since all wait equally long.
    bool is_ticking_ = false;
};

}  // namespace tributary::ingest
