#include <algorithm>
#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <mutex>

#include "console/console_fixture.h"
#include "console/live_feed.h"
#include "console/live_sample.h"

namespace tributary::console {
namespace {

namespace json = boost::json;

class LiveTest : public ConsoleTest {
protected:
    /// Lines of `/api/live` until there are as many.
    std::vector<std::string> lines(std::size_t count) {
        http::Client client(*http::Url::parse(origin()));
        http::Request request;
        request.method = "GET";
        request.target = "/api/live";
        std::string text;
        const http::Client::BodyTarget target = [&](std::string_view piece) -> Result<void> {
            text += piece;
            if (std::ranges::count(text, '\n') < static_cast<std::ptrdiff_t>(count)) return {};
            return fail(ErrorCode::conflict, "That was enough.");
        };
        const auto ended = client.download(std::move(request), target, kDeadline);
        EXPECT_FALSE(ended.has_value());
        std::vector<std::string> out;
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = text.find('\n', begin);
            out.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return out;
    }
    LiveSample sample(LiveSample::Status status = [] { return std::vector<PartStatus>(); }) {
        return {catalog_, *inspector_, *searcher_, "tributary", std::move(status), clock_};
    }
};

TEST_F(LiveTest, ALineSaysWhatIsAcceptedAndWaits) {
    append_event();
    const json::value line = json::parse(sample()());
    EXPECT_TRUE(line.at("log").at("ok").as_bool());
    EXPECT_TRUE(line.at("index").at("ok").as_bool());
    const json::value& orders = line.at("types").at(1);
    EXPECT_EQ(orders.at("type").as_string(), "order");
    EXPECT_EQ(orders.at("accepted").as_int64(), 1);
    EXPECT_EQ(orders.at("lag").as_int64(), 1);
    EXPECT_EQ(orders.at("indexed").as_int64(), 0);
    EXPECT_TRUE(orders.at("latency_ms").is_null());
}

TEST_F(LiveTest, ALineSaysWhatHoldsTheLogAndTheIndex) {
    const json::value line = json::parse(sample()());
    EXPECT_TRUE(line.at("log").at("version").as_string().starts_with("SQLite 3."));
    EXPECT_TRUE(line.at("index").at("version").as_string().starts_with("SQLite 3."));
}

TEST_F(LiveTest, ALineSaysWhichPartIsNotReadyAndWhy) {
    const auto line = sample([] {
        PartStatus part;
        part.name = "consumer";
        part.detail = "The index is away.";
        return std::vector<PartStatus>{part};
    })();
    EXPECT_NE(
        line.find(R"("parts":[{"name":"consumer","ready":false,"detail":"The index is away."}])"),
        std::string::npos)
        << line;
}

/// A log that does not answer, and counts how often it was asked.
class SilentLog final : public event_log::Inspector {
public:
    Result<std::vector<event_log::TopicPartition>> partitions(const std::string&) override {
        ++asked;
        return fail(ErrorCode::unavailable, "The broker does not answer.");
    }
    Result<Range> range(const event_log::TopicPartition&) override { return Range(); }
    Result<event_log::CommittedOffset> committed(const std::string&,
                                                 const event_log::TopicPartition&) override {
        return event_log::CommittedOffset();
    }
    Result<std::vector<event_log::Record>> read(const event_log::TopicPartition&, std::int64_t,
                                                std::size_t) override {
        return std::vector<event_log::Record>();
    }
    Result<std::string> engine() override {
        ++asked;
        return fail(ErrorCode::unavailable, "The broker does not answer.");
    }
    int asked = 0;
};

TEST_F(LiveTest, ALogThatDoesNotAnswerIsSaidAndAskedOnce) {
    SilentLog log;
    const LiveSample silent(
        catalog_, log, *searcher_, "g", [] { return std::vector<PartStatus>(); }, clock_);
    const json::value line = json::parse(silent());
    EXPECT_FALSE(line.at("log").at("ok").as_bool());
    EXPECT_EQ(line.at("log").at("detail").as_string(), "The broker does not answer.");
    EXPECT_EQ(log.asked, 1);
}

TEST_F(LiveTest, StreamsLinesAndGivesLateComersThePast) {
    const auto first = lines(2);
    ASSERT_GE(first.size(), 2U);
    EXPECT_EQ(lines(1).at(0), first[0]);
}

TEST_F(LiveTest, MeasuresOnlyWhileSomebodyWatches) {
    std::mutex mutex;
    int measured = 0;
    LiveFeedSettings settings;
    settings.interval = std::chrono::milliseconds(1);
    const LiveFeed feed(
        settings,
        [&] {
            const std::scoped_lock lock(mutex);
            ++measured;
            return std::string("{}");
        },
        clock_);
    // The console's own feed is another one: twenty of its answers give this one time to be wrong.
    for (int i = 0; i < 20; ++i) get("/api/about");
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(measured, 0);
}

}  // namespace
}  // namespace tributary::console
