#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "base/manual_clock.h"
#include "indexing/consumer.h"
#include "indexing/scripted_index.h"
#include "indexing/scripted_log.h"
#include "ledger/counts.h"
#include "telemetry/captured_log.h"

namespace tributary::indexing {

/// A clock that moves a little whenever it is looked at, so that loops with a deadline end.
class TickingClock final : public Clock {
public:
    void advance(std::chrono::milliseconds by) { manual_.advance(by); }
    [[nodiscard]] Timestamp now() const override { return manual_.now(); }
    [[nodiscard]] SteadyTime steady_now() const override {
        manual_.advance(std::chrono::milliseconds(1));
        return manual_.steady_now();
    }

private:
    mutable ManualClock manual_;
};

/// A consumer between a scripted log and a scripted index, turned by hand.
class ConsumerTest : public testing::Test {
protected:
    ConsumerTest() {
        settings.min_backoff = std::chrono::milliseconds(10);
        settings.max_backoff = std::chrono::milliseconds(50);
        settings.commit_interval = std::chrono::milliseconds(1);
        settings.revoke_wait = std::chrono::milliseconds(100);
    }
    ~ConsumerTest() override { consumer_.reset(); }

    Consumer& consumer() {
        start();
        return *consumer_;
    }
    ScriptedReader& reader() {
        start();
        return *reader_;
    }
    /// The process dies and a new one takes over the log.
    void restart() {
        auto old = std::move(reader_);
        consumer_.reset();
        start();
        reader_->log = std::move(old->log);
        reader_->committed = std::move(old->committed);
        reader_->on_commit = std::move(old->on_commit);
    }

    void turn(int times = 1) {
        for (int i = 0; i < times; ++i) consumer().turn(reader());
    }
    /// The index has the request when its partition goes, and answers afterwards.
    void lose_before_the_answer() {
        index.hold();
        reader().assign(orders);
        ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
        reader().lose(orders);
        turn();
        index.release();
    }
    /// Turns while time passes; whether `condition` came true.
    bool turn_until(const std::function<bool()>& condition) {
        for (int i = 0; i < 3000 && !condition(); ++i) {
            turn();
            clock.advance(std::chrono::milliseconds(10));
        }
        return condition();
    }
    bool turn_until_committed(std::int64_t offset) {
        return turn_until([&] { return committed() == offset; });
    }

    std::int64_t committed() {
        const auto found = reader().committed.find(orders);
        return found == reader().committed.end() ? -1 : found->second.offset;
    }
    ledger::Counts counts() {
        return ledger::decode_counts(reader().committed.at(orders).metadata).value();
    }
    std::string item_count(const std::string& verdict) const {
        return line_of("tributary_consumer_items_total{verdict=\"" + verdict + "\"}");
    }
    std::string line_of(const std::string& series) const {
        const std::string text = metrics.text();
        const auto at = text.find("\n" + series + " ");
        if (at == std::string::npos) return "none";
        const auto begin = at + series.size() + 2;
        return text.substr(begin, text.find('\n', begin) - begin);
    }

    static std::string event(const std::string& id, const std::string& data = R"({"total":440})",
                             const std::string& more = "") {
        return R"({"specversion":"1.0","id":")" + id +
               R"(","source":"/api","type":"order","time":"2026-11-23T06:00:00.123Z",)" +
               R"("datacontenttype":"application/json")" + more + R"(,"data":)" + data + "}";
    }
    /// Appends events `<prefix>0` … to orders/0.
    void append_events(int count, const std::string& prefix = "e") {
        for (int i = 0; i < count; ++i) {
            reader().append(orders, event(prefix + std::to_string(i)));
        }
    }

    const TopicPartition orders{"orders", 0};
    const TopicPartition products{"products", 0};
    IndexingSettings settings;
    TickingClock clock;
    telemetry::CapturedLog journal{clock};
    telemetry::Metrics metrics;
    tracing::SpanQueue spans{1'000};
    tracing::Tracer tracer{0, clock, &spans};
    ScriptedIndex index;
    ScriptedLetters letters;

private:
    void start() {
        if (consumer_) return;
        consumer_ = std::make_unique<Consumer>(settings, catalog_, letters, index, metrics, journal,
                                               tracer, clock);
        reader_ = std::make_unique<ScriptedReader>(consumer_->listener());
    }

    event::Catalog catalog_ = event::Catalog::built_in();
    std::unique_ptr<Consumer> consumer_;
    std::unique_ptr<ScriptedReader> reader_;
};

}  // namespace tributary::indexing
