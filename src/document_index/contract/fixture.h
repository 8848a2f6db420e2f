#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/rfc3339.h"
#include "document_index/document_index.h"

/// What the tests of the contract suite share: an index to run on, documents, and waiting.
namespace tributary::document_index {

/// An index without documents. `environment` lives as long as the test: a folder, a server.
/// `data.total` must be a value field of `orders`.
struct IndexUnderTest {
    std::shared_ptr<void> environment;
    std::function<std::unique_ptr<Writer>()> make_writer;
    std::unique_ptr<Searcher> searcher;
    std::string orders;    ///< Names of two indices of the event catalog's kind.
    std::string products;  //
    /// Where there is no index to run on (a server that nobody started): the sentence that says so,
    /// and nothing else. The tests are skipped.
    std::string absence = {};
};

struct IndexFactory {
    std::string name;
    std::function<IndexUnderTest()> make;
};
inline void PrintTo(const IndexFactory& factory, std::ostream* out) {
    *out << factory.name;
}

/// A document as the consumer writes it; `sequence` gives it its time and its place in the log.
struct DocumentBuilder {
    std::string id;
    std::int64_t sequence = 0;
    std::string data = R"({"total":440})";
    std::string text = "440";
    std::string event_id = id;
    std::int32_t partition = 0;
    std::string digest = "digest-of-" + id;

    static Timestamp received_at(std::int64_t sequence) {
        return Timestamp(std::chrono::milliseconds(1'780'000'000'000 + sequence));
    }
    [[nodiscard]] std::string json() const {
        const auto received = format_rfc3339(received_at(sequence));
        return R"({"specversion":"1.0","id":")" + event_id +
               R"(","source":"/api","type":"order","time":")" + received +
               R"(","datacontenttype":"application/json","data":)" + data + R"(,"@timestamp":")" +
               received + R"(","pipeline":{"received_at":")" + received + R"(","published_at":")" +
               received + R"(","indexed_at":")" + received + R"(","digest":")" + digest +
               R"(","latency_ms":12},"kafka":{"topic":"orders",)" + R"("partition":)" +
               std::to_string(partition) + R"(,"offset":)" + std::to_string(sequence) +
               R"(},"text":")" + text + R"("})";
    }
    [[nodiscard]] Document create(const std::string& index) const {
        return {Document::Operation::create, index, id, json()};
    }
    [[nodiscard]] Document put(const std::string& index) const {
        return {Document::Operation::put, index, id, json()};
    }
};

/// Waits for one call of `write`.
inline Writer::Outcomes write_and_wait(Writer& writer, std::vector<Document> documents) {
    auto promise = std::make_shared<std::promise<Writer::Outcomes>>();
    auto outcomes = promise->get_future();
    writer.write(std::move(documents),
                 [promise](Writer::Outcomes done) { promise->set_value(std::move(done)); });
    if (outcomes.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
        return fail(ErrorCode::timed_out, "The writer did not answer within 30 s.");
    }
    return outcomes.get();
}

class DocumentIndexContract : public testing::TestWithParam<IndexFactory> {
protected:
    void SetUp() override {
        if (!under_test_.absence.empty()) GTEST_SKIP() << under_test_.absence;
    }
    const std::string& orders() const { return under_test_.orders; }
    const std::string& products() const { return under_test_.products; }
    Searcher& searcher() { return *under_test_.searcher; }
    Writer& writer() { return *writer_; }
    std::unique_ptr<Writer> another_writer() { return under_test_.make_writer(); }

    std::vector<WriteOutcome> write(std::vector<Document> documents) {
        const auto count = documents.size();
        auto outcomes = write_and_wait(writer(), std::move(documents));
        EXPECT_TRUE(outcomes) << outcomes.error().message;
        if (!outcomes) return {};
        EXPECT_EQ(outcomes->size(), count);
        return std::move(*outcomes);
    }
    WriteOutcome write_one(Document document) {
        std::vector<Document> documents;
        documents.push_back(std::move(document));
        auto outcomes = write(std::move(documents));
        return outcomes.empty() ? WriteOutcome(TryAgain{0, "no outcome"}) : std::move(outcomes[0]);
    }
    /// Creates documents `<prefix>0` … in `index`; the sequence counts up from `first_sequence`.
    void create_many(const std::string& index, const std::string& prefix, int count,
                     std::int64_t first_sequence = 0) {
        std::vector<Document> documents;
        for (int i = 0; i < count; ++i) {
            const DocumentBuilder builder{.id = prefix + std::to_string(i),
                                          .sequence = first_sequence + i};
            documents.push_back(builder.create(index));
        }
        for (const auto& outcome : write(std::move(documents))) {
            EXPECT_TRUE(std::holds_alternative<Created>(outcome));
        }
    }

    Query query() const {
        Query query;
        query.indices = {orders(), products()};
        return query;
    }
    Query text_query(const std::string& text) const {
        auto query = this->query();
        query.text = text;
        return query;
    }
    Page search(const Query& query) {
        auto page = searcher().search(query);
        EXPECT_TRUE(page) << page.error().message;
        return page ? std::move(*page) : Page();
    }
    /// Searches until `total` documents match. What is written may take a second to be found; the
    /// deadline is longer, because slow machines are no reason to fail.
    Page search_until(const Query& query, std::uint64_t total) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (true) {
            auto page = search(query);
            if (page.total == total || std::chrono::steady_clock::now() > deadline) {
                EXPECT_EQ(page.total, total);
                return page;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    static std::vector<std::string> ids(const Page& page) {
        std::vector<std::string> ids;
        for (const auto& hit : page.hits) ids.push_back(hit.id);
        return ids;
    }

private:
    IndexUnderTest under_test_ = GetParam().make();
    std::unique_ptr<Writer> writer_ = under_test_.make_writer ? under_test_.make_writer() : nullptr;
};

using Ids = std::vector<std::string>;

}  // namespace tributary::document_index
