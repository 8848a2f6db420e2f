#include "ingest/open_answers.h"

#include <utility>

namespace tributary::ingest {
namespace {

using namespace std::chrono_literals;

/// How late a 504 may be. One timer for all answers: a timer for each would cost more than the
/// answer, and nearly all would be cancelled.
constexpr auto kTick = 100ms;

}  // namespace

struct OpenAnswers::Answer {
    Answer(Outcomes outcomes_in, std::vector<std::size_t> open_in, Done done_in, SteadyTime due_in)
        : outcomes(std::move(outcomes_in)),
          open(std::move(open_in)),
          done(std::move(done_in)),
          due(due_in) {}

    Outcomes outcomes;
    std::vector<std::size_t> open;
    Done done;
    SteadyTime due;
    bool is_given = false;  ///< Under the list's mutex, as is `place`.
    List::iterator place;
};

OpenAnswers::OpenAnswers(http::EventLoop& loop, const Clock& clock,
                         std::chrono::milliseconds deadline, Late late)
    : loop_(loop), clock_(clock), deadline_(deadline), late_(std::move(late)) {
}

event_log::Writer::Done OpenAnswers::wait_for(Outcomes outcomes, std::vector<std::size_t> open,
                                              Done done) {
    auto answer = std::make_shared<Answer>(std::move(outcomes), std::move(open), std::move(done),
                                           clock_.steady_now() + deadline_);
    {
        const std::scoped_lock lock(mutex_);
        answer->place = waiting_.insert(waiting_.end(), answer);
        if (!std::exchange(is_ticking_, true)) schedule();
    }
    return [self = shared_from_this(), answer](std::vector<event_log::AppendOutcome> reported) {
        self->report(answer, std::move(reported));
    };
}

std::size_t OpenAnswers::size() const {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
}

/// Whoever claims an answer gives it.
bool OpenAnswers::claim(Answer& answer) {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(answer.is_given, true)) return false;
    waiting_.erase(answer.place);
    return true;
}

void OpenAnswers::report(const std::shared_ptr<Answer>& answer,
                         std::vector<event_log::AppendOutcome> outcomes) {
    if (!claim(*answer)) {
        for (const event_log::AppendOutcome& outcome : outcomes) late_(outcome);
        return;
    }
    for (std::size_t i = 0; i < answer->open.size(); ++i) {
        receipt::ItemOutcome& item = answer->outcomes[answer->open[i]];
        if (outcomes[i]) {
            item->partition = outcomes[i]->partition;
            item->offset = outcomes[i]->offset;
        } else {
            item = std::unexpected(receipt::problem_of(outcomes[i].error(), item->id));
        }
    }
    answer->done(std::move(answer->outcomes));
}

void OpenAnswers::give_up(const std::shared_ptr<Answer>& answer) {
    if (!claim(*answer)) return;
    const Error unknown(ErrorCode::timed_out,
                        "The event log has not confirmed the event within " +
                            std::to_string(deadline_.count()) +
                            " ms, so it may or may not be persisted; send it again with the "
                            "same id, which can do no harm.");
    for (const std::size_t place : answer->open) {
        receipt::ItemOutcome& item = answer->outcomes[place];
        item = std::unexpected(receipt::problem_of(unknown, item->id));
    }
    answer->done(std::move(answer->outcomes));
}

/// The loop must not keep the answers alive: their owner may go before the loop does.
void OpenAnswers::schedule() {
    loop_.post_after(kTick, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->tick();
    });
}

void OpenAnswers::tick() {
    std::vector<std::shared_ptr<Answer>> due;
    {
        const std::scoped_lock lock(mutex_);
        const SteadyTime now = clock_.steady_now();
        for (const auto& answer : waiting_) {
            if (answer->due > now) break;
            due.push_back(answer);
        }
        is_ticking_ = waiting_.size() > due.size();
        if (is_ticking_) schedule();
    }
    for (const auto& answer : due) give_up(answer);
}

}  // namespace tributary::ingest
