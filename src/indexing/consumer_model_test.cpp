#include <random>
#include <set>

#include "indexing/consumer_fixture.h"

/// Random records, answers, rebalances and crashes over a model log. Whatever happens: an offset is
/// committed only when every record before it has ended, the counts say exactly how, and of records
/// of a partition that share an id the first one is the document.
namespace tributary::indexing {
namespace {

using document_index::WriteOutcome;

enum class Ending { none, indexed, duplicate, dead_lettered };

class ConsumerModel : public ConsumerTest, public testing::WithParamInterface<unsigned> {
protected:
    ConsumerModel() {
        settings.max_batch_documents = 7;
        settings.max_buffered_records = 40;
        settings.max_uncommitted_records = 60;
        settings.successes_per_failing_item = 1'000'000;
        settings.revoke_wait = std::chrono::milliseconds(20);
        index.decide([this](const auto& document) { return answer(document); });
        letters.refuse([this](const auto&) -> std::optional<Error> {
            if (!is_faulty_ || !chance(20)) return std::nullopt;
            return Error(ErrorCode::timed_out, "Nobody knows.");
        });
        reader().on_commit = [this](const auto& offset) { check(offset); };
    }

    bool chance(int percent) {
        return std::uniform_int_distribution<int>(0, 99)(random_) < percent;
    }
    int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }

    WriteOutcome answer(const document_index::Document& document) {
        // Refused with or without having been stored: nobody can know.
        const bool is_behind_refused = is_refused_in_this_request(document);
        if (is_behind_refused || (is_faulty_ && chance(15))) {
            refused_.insert({document.index, document.id});
            if (!is_behind_refused && chance(50)) store(document);
            return document_index::TryAgain{503, "random"};
        }
        if (document.id.starts_with("bad")) {
            return document_index::Rejected{400, "document_parsing_exception", "bad"};
        }
        return store(document);
    }
    /// A shard keeps the order of a request: it takes nothing of a document behind what it refused.
    bool is_refused_in_this_request(const document_index::Document& document) {
        if (std::exchange(request_, index.bulk_sizes.size()) != index.bulk_sizes.size()) {
            refused_.clear();
        }
        return refused_.contains({document.index, document.id});
    }
    WriteOutcome store(const document_index::Document& document) {
        if (document.id.starts_with("bad")) return document_index::Created{};
        auto outcome = index.keep(document);
        if (std::holds_alternative<document_index::Created>(outcome)) {
            const auto json = boost::json::parse(document.json);
            if (document.index != document_index::kDeadLettersIndex) {
                const auto& kafka = json.at("kafka");
                indexed_.insert({{std::string(kafka.at("topic").as_string()),
                                  kafka.at("partition").to_number<std::int32_t>()},
                                 kafka.at("offset").to_number<std::int64_t>()});
            }
        }
        return outcome;
    }

    void append_something() {
        const auto& partition = partitions[static_cast<std::size_t>(up_to(2))];
        const std::string number = std::to_string(next_id_++);
        switch (up_to(9)) {
            case 0: reader().append(partition, "no json " + number); break;
            case 1: reader().append(partition, event("bad" + number)); break;
            case 2: reader().append(partition, event("again" + std::to_string(up_to(5)))); break;
            case 3:
                reader().append(partition, event("reused" + std::to_string(up_to(5)),
                                                 R"({"total":)" + std::to_string(up_to(1)) + "}"));
                break;
            case 4:
                for (const char* data : {R"({"total":0})", R"({"total":1})", R"({"total":0})"}) {
                    reader().append(partition, event("several" + number, data));
                }
                break;
            default: reader().append(partition, event("good" + number));
        }
    }
    void rebalance() {
        const auto& partition = partitions[static_cast<std::size_t>(up_to(2))];
        switch (up_to(3)) {
            case 0: reader().revoke(partition); break;
            case 1: reader().lose(partition); break;
            default: break;
        }
        reader().assign(partition);
    }
    void step() {
        for (int i = up_to(4); i > 0; --i) append_something();
        if (chance(10)) rebalance();
        if (chance(2)) {
            restart();
            for (const auto& partition : partitions) reader().assign(partition);
        }
        if (chance(15)) index.hold();
        if (index.held() > 0 && chance(50)) {
            index.release_one(static_cast<std::size_t>(up_to(static_cast<int>(index.held()) - 1)));
        }
        if (chance(15)) index.release();
        if (chance(5)) index.fail_requests(ErrorCode::unavailable, "random outage");
        if (chance(20)) index.recover();
        if (chance(10)) letters.hold();
        if (chance(20)) letters.release();
        clock.advance(std::chrono::milliseconds(up_to(30)));
        turn();
    }

    Ending ending_of(const event_log::Record& record) const {
        const TopicPartition partition{record.topic, record.partition};
        if (indexed_.contains({partition, record.offset})) return Ending::indexed;
        const std::string letter = record.topic + "-" + std::to_string(record.partition) + "-" +
                                   std::to_string(record.offset);
        if (index.documents.contains({"dead-letters-index", letter})) return Ending::dead_lettered;
        boost::system::error_code error;
        const auto event = boost::json::parse(record.value, error);
        if (error) return Ending::none;
        const std::string id(event.at("id").as_string());
        const auto stored = index.documents.find({record.topic + "-index", id});
        if (stored == index.documents.end()) return Ending::none;
        const bool is_same = boost::json::parse(stored->second).at("data") == event.at("data");
        return is_same ? Ending::duplicate : Ending::none;
    }

    /// Every commit must be true at the moment at which it is made.
    void check(const event_log::OffsetCommit& commit) {
        ledger::Counts& expected = counted_[commit.partition];
        ASSERT_GE(commit.offset, expected.end());
        const auto& records = reader().log.at(commit.partition);
        for (auto offset = expected.end(); offset < commit.offset; offset = expected.end()) {
            switch (ending_of(records.at(static_cast<std::size_t>(offset)))) {
                case Ending::none:
                    FAIL() << "A hole at offset " << offset << " of " << commit.partition.topic;
                case Ending::indexed: ++expected.indexed; break;
                case Ending::duplicate: ++expected.duplicates; break;
                case Ending::dead_lettered: ++expected.dead_lettered; break;
            }
        }
        EXPECT_EQ(ledger::decode_counts(commit.metadata).value(), expected);
    }

    void check_origins() {
        std::map<std::pair<TopicPartition, std::string>, std::int64_t> first;
        for (const auto& [partition, records] : reader().log) {
            for (const auto& record : records) {
                boost::system::error_code error;
                const auto event = boost::json::parse(record.value, error);
                if (error) continue;
                first.insert({{partition, std::string(event.at("id").as_string())}, record.offset});
            }
        }
        for (const auto& [key, json] : index.documents) {
            if (key.first == document_index::kDeadLettersIndex) continue;
            const auto kafka = boost::json::parse(json).at("kafka");
            const TopicPartition partition(std::string(kafka.at("topic").as_string()),
                                           kafka.at("partition").to_number<std::int32_t>());
            EXPECT_EQ(kafka.at("offset").to_number<std::int64_t>(),
                      first.at({partition, key.second}))
                << key.second;
        }
    }

    void settle() {
        is_faulty_ = false;
        index.recover();
        index.release();
        letters.release();
        for (const auto& partition : partitions) reader().assign(partition);
        EXPECT_TRUE(turn_until([&] {
            return std::ranges::all_of(partitions, [&](const auto& partition) {
                return counted_[partition].end() ==
                       static_cast<std::int64_t>(reader().log[partition].size());
            });
        }));
    }

    const std::vector<TopicPartition> partitions{{"orders", 0}, {"orders", 1}, {"products", 0}};
    std::map<TopicPartition, ledger::Counts> counted_;

private:
    std::minstd_rand random_{GetParam()};
    bool is_faulty_ = true;
    int next_id_ = 0;
    std::set<std::pair<TopicPartition, std::int64_t>> indexed_;
    std::size_t request_ = 0;
    std::set<ScriptedIndex::Key> refused_;  ///< By that request.
};

TEST_P(ConsumerModel, CommitsOnlyWhatHasEndedAndCountsItOnce) {
    for (const auto& partition : partitions) reader().assign(partition);
    for (int i = 0; i < 400 && !HasFailure(); ++i) step();
    settle();
    check_origins();
    EXPECT_EQ(line_of("tributary_consumer_buffered_records"), "0");
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConsumerModel, testing::Range(1U, 13U));

}  // namespace
}  // namespace tributary::indexing
