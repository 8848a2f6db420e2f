#include "indexing/search_probe.h"

#include <gtest/gtest.h>
#include <set>

#include "base/manual_clock.h"
#include "http/testing.h"

namespace tributary::indexing {
namespace {

using http::testing::eventually;
using std::chrono::milliseconds;

/// An index in which searches find what `refresh` has named.
class LazySearcher final : public document_index::Searcher {
public:
    void refresh(const std::string& document_id) {
        const std::scoped_lock lock(mutex_);
        found_.insert(document_id);
    }
    void set_failing(bool is_failing) { is_failing_ = is_failing; }
    int searches() const { return searches_; }

    Result<document_index::Page> search(const document_index::Query& query) override {
        ++searches_;
        if (is_failing_) return fail(ErrorCode::unavailable, "Away.");
        const std::scoped_lock lock(mutex_);
        document_index::Page page;
        if (query.indices != std::vector<std::string>{"orders-index"}) return page;
        for (const std::string& id : found_) page.hits.push_back({"orders-index", id, "{}"});
        return page;
    }
    Result<document_index::Hit> get(const std::string&, const std::string&) override {
        return fail(ErrorCode::internal, "To get a document is not to find it.");
    }
    Result<std::map<std::int32_t, std::uint64_t>> count_by_partition(
        const std::string&, const std::string&,
        const std::map<std::int32_t, std::int64_t>&) override {
        return fail(ErrorCode::internal, "Nothing is counted here.");
    }
    Result<std::string> engine() override { return std::string("scripted"); }

private:
    std::mutex mutex_;
    std::set<std::string> found_;
    std::atomic<bool> is_failing_ = false;
    std::atomic<int> searches_ = 0;
};

class SearchProbeTest : public testing::Test {
protected:
    SearchProbe& probe() {
        if (!probe_) probe_.emplace(settings, searcher, metrics, clock);
        return *probe_;
    }
    void offer(const std::string& id) {
        event_log::Record record;
        record.topic = "orders";
        record.timestamp = clock.now();
        record.value = R"({"specversion":"1.0","id":")" + id +
                       R"(","source":"/api","type":"order","time":"2026-11-23T06:00:00Z",)" +
                       R"("datacontenttype":"application/json","data":{"total":1}})";
        probe().offer(*maker_.make(std::move(record), 1));
    }
    bool has_line(const std::string& line) const {
        return metrics.text().find("\ntributary_event_searchable_seconds" + line + "\n") !=
               std::string::npos;
    }
    /// The probe has come round to asking again.
    bool asks_again() {
        const int before = searcher.searches();
        return eventually([&] { return searcher.searches() > before + 1; });
    }

    SearchProbeSettings settings{
        .interval = milliseconds(0), .poll = milliseconds(1), .patience = milliseconds(90'000)};
    ManualClock clock;
    telemetry::Metrics metrics;
    LazySearcher searcher;

private:
    event::Catalog catalog_ = event::Catalog::built_in();
    BufferUsage usage_;
    ItemMaker maker_{catalog_, usage_};
    std::optional<SearchProbe> probe_;
};

TEST_F(SearchProbeTest, MeasuresFromTheTimeInTheLogUntilASearchFindsTheDocument) {
    offer("a");
    ASSERT_TRUE(asks_again());
    EXPECT_TRUE(has_line("_count 0"));
    clock.advance(milliseconds(700));
    searcher.refresh("a");
    ASSERT_TRUE(eventually([&] { return has_line("_count 1"); }));
    EXPECT_TRUE(has_line("_sum 0.7")) << metrics.text();
}

TEST_F(SearchProbeTest, AnotherDocumentWithTheSameEventIdIsNotTheOne) {
    searcher.refresh("of-another-source");
    offer("a");
    ASSERT_TRUE(asks_again());
    EXPECT_TRUE(has_line("_count 0"));
}

TEST_F(SearchProbeTest, WatchesOneEventAtATime) {
    offer("a");
    ASSERT_TRUE(asks_again());
    offer("passed over");
    searcher.refresh("a");
    ASSERT_TRUE(eventually([&] { return has_line("_count 1"); }));
    searcher.refresh("b");
    EXPECT_TRUE(eventually([&] {
        offer("b");  // Whenever it asks, so there may be more than one by now.
        return !has_line("_count 1");
    }));
}

TEST_F(SearchProbeTest, WhatIsNotFoundInTimeCountsWithTheLongest) {
    searcher.set_failing(true);
    offer("a");
    ASSERT_TRUE(asks_again());
    clock.advance(milliseconds(91'000));
    ASSERT_TRUE(eventually([&] { return has_line("_count 1"); }));
    EXPECT_TRUE(has_line(R"(_bucket{le="60"} 0)"));
}

TEST_F(SearchProbeTest, EndsAtOnceWhileItWaits) {
    settings.interval = std::chrono::hours(1);
    settings.poll = std::chrono::hours(1);
    offer("a");
    EXPECT_TRUE(eventually([&] { return searcher.searches() == 1; }));
}

}  // namespace
}  // namespace tributary::indexing
