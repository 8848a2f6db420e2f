#include <cstdio>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/test_log.h"

/// What several processes do with one file, and what is left when one is killed.
namespace tributary::event_log {
namespace {

using namespace std::chrono_literals;

/// A forked child that writes lines to its parent.
class Child {
public:
    explicit Child(const std::function<void(int pipe)>& run) {
        int ends[2];
        EXPECT_EQ(::pipe(ends), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(ends[0]);
            run(ends[1]);
            ::_exit(0);
        }
        ::close(ends[1]);
        lines_ = ::fdopen(ends[0], "r");
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        kill();
        std::fclose(lines_);
    }
    /// False at the end.
    bool read_line(std::string& line) {
        char buffer[256];
        if (std::fgets(buffer, sizeof buffer, lines_) == nullptr) return false;
        line.assign(buffer);
        return true;
    }
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    }

private:
    pid_t pid_ = 0;
    FILE* lines_ = nullptr;
};

NewRecord record_of(const std::string& value) {
    return {"orders", "key", value, {}};
}

/// Appends `<name><i>` without end, or `count` times, and reports the position of what was
/// accepted.
void append_and_report(const EmbeddedLogSettings& settings, const std::string& name, int pipe,
                       int count) {
    const SystemClock clock;
    const auto log = EmbeddedLog::open(settings, clock);
    if (!log) ::_exit(1);
    const auto writer = (*log)->make_writer();
    for (int i = 0; i < count; ++i) {
        while (writer->queued_bytes() > 100'000) std::this_thread::yield();
        const auto value = name + std::to_string(i);
        std::vector<NewRecord> records;
        records.push_back(record_of(value));
        writer->append(std::move(records), [=](const std::vector<AppendOutcome>& outcomes) {
            if (!outcomes[0]) return;
            const auto line = std::to_string(outcomes[0]->offset) + " " + value + "\n";
            if (::write(pipe, line.data(), line.size()) < 0) ::_exit(2);
        });
    }
    writer->drain(30s);
}

/// Reads receipts until there are `count`, or to the end.
void collect(Child& child, std::map<std::int64_t, std::string>& receipts, std::size_t count) {
    std::string line;
    for (std::size_t i = 0; i < count && child.read_line(line); ++i) {
        const auto space = line.find(' ');
        const auto offset = std::stoll(line.substr(0, space));
        const auto value = line.substr(space + 1, line.size() - space - 2);
        EXPECT_TRUE(receipts.emplace(offset, value).second) << "offset given twice: " << line;
    }
}

std::map<std::int64_t, std::string> read_all(EmbeddedLog& log) {
    std::map<std::int64_t, std::string> stored;
    const auto inspector = log.make_inspector();
    const auto end = inspector->range({"orders", 0})->end;
    for (std::int64_t next = 0; next < end;) {
        const auto records = inspector->read({"orders", 0}, next, 1'000);
        EXPECT_TRUE(records);
        if (!records || records->empty()) break;
        for (const auto& record : *records) stored.emplace(record.offset, record.value);
        next = records->back().offset + 1;
    }
    EXPECT_EQ(stored.size(), static_cast<std::size_t>(end)) << "a gap";
    return stored;
}

TEST(EmbeddedLogProcesses, WhatWasAcceptedSurvivesKill) {
    const TestLog files;
    const SystemClock clock;
    TestLog::open_with_orders(files.settings(), clock).reset();
    std::map<std::int64_t, std::string> receipts;
    for (int life = 0; life < 3; ++life) {
        Child child([&](int pipe) {
            append_and_report(files.settings(), std::to_string(life) + "-", pipe, 10'000'000);
        });
        collect(child, receipts, 300);
        child.kill();
        collect(child, receipts, 1'000'000);
    }
    ASSERT_GE(receipts.size(), 900U);
    const auto log = TestLog::open(files.settings(), clock);
    const auto stored = read_all(*log);
    for (const auto& [offset, value] : receipts) {
        const auto found = stored.find(offset);
        ASSERT_NE(found, stored.end()) << "lost: " << value;
        EXPECT_EQ(found->second, value);
    }
}

TEST(EmbeddedLogProcesses, WritersOfTwoProcessesShareThePartition) {
    constexpr int kEach = 500;
    const TestLog files;
    const SystemClock clock;
    TestLog::open_with_orders(files.settings(), clock).reset();
    std::map<std::int64_t, std::string> receipts;
    {
        Child a([&](int pipe) { append_and_report(files.settings(), "a", pipe, kEach); });
        Child b([&](int pipe) { append_and_report(files.settings(), "b", pipe, kEach); });
        collect(a, receipts, kEach + 1);
        collect(b, receipts, kEach + 1);
    }
    EXPECT_EQ(receipts.size(), static_cast<std::size_t>(2 * kEach));
    const auto log = TestLog::open(files.settings(), clock);
    EXPECT_EQ(read_all(*log), receipts);
}

TEST(EmbeddedLogProcesses, ManyMayMakeTheLogAtOnce) {
    for (int round = 0; round < 5; ++round) {
        const TestLog files;
        std::vector<std::unique_ptr<Child>> children;
        for (int i = 0; i < 4; ++i) {
            children.push_back(std::make_unique<Child>([&](int pipe) {
                const SystemClock clock;
                const auto log = EmbeddedLog::open(files.settings(), clock);
                const auto made = log ? (*log)->create_topic("orders") : Result<void>();
                const auto line = !log    ? log.error().message + "\n"
                                  : !made ? made.error().message + "\n"
                                          : std::string("made\n");
                if (::write(pipe, line.data(), line.size()) < 0) ::_exit(2);
            }));
        }
        for (const auto& child : children) {
            std::string line;
            EXPECT_TRUE(child->read_line(line));
            EXPECT_EQ(line, "made\n");
        }
        const SystemClock clock;
        const auto log = TestLog::open(files.settings(), clock);
        EXPECT_EQ(log->make_inspector()->partitions("orders")->size(), 1U);
    }
}

/// Counts the partitions it owns.
class Owner final : public RebalanceListener {
public:
    void on_assigned(const std::vector<Assignment>& partitions) override {
        owned += partitions.size();
    }
    void on_revoked(const std::vector<TopicPartition>& partitions) override {
        owned -= partitions.size();
    }
    void on_lost(const std::vector<TopicPartition>& partitions) override {
        owned -= partitions.size();
    }
    std::size_t owned = 0;
};

TEST(EmbeddedLogProcesses, TheGroupTakesOverFromAKilledMember) {
    const TestLog files;
    const SystemClock clock;
    auto settings = files.settings();
    settings.partitions = 4;
    settings.lease = 500ms;
    TestLog::open_with_orders(settings, clock).reset();
    Child member([&](int pipe) {
        const SystemClock own_clock;
        const auto log = EmbeddedLog::open(settings, own_clock);
        if (!log) ::_exit(1);
        Owner owner;
        const auto reader = (*log)->make_reader("group", {"orders"}, owner);
        while (true) {
            const auto before = owner.owned;
            if (!reader->poll(20ms, 10)) continue;
            if (owner.owned != before && ::write(pipe, "changed\n", 8) < 0) ::_exit(2);
        }
    });
    std::string line;
    ASSERT_TRUE(member.read_line(line));

    const auto log = TestLog::open(settings, clock);
    Owner owner;
    const auto reader = log->make_reader("group", {"orders"}, owner);
    const auto own = [&](std::size_t partitions) {
        const auto deadline = clock.steady_now() + 30s;
        while (owner.owned != partitions && clock.steady_now() < deadline) {
            EXPECT_TRUE(reader->poll(20ms, 10));
        }
        return owner.owned == partitions;
    };
    ASSERT_TRUE(own(2)) << "shared with the other process";
    member.kill();
    EXPECT_TRUE(own(4)) << "taken over when the lease was over";
}

}  // namespace
}  // namespace tributary::event_log
