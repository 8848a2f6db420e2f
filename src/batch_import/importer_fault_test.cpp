#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <latch>
#include <string>
#include <vector>

#include "batch_import/batch_sender.h"
#include "batch_import/importer.h"
#include "batch_import/testing.h"

// Runs that are stopped in the middle, in every way, and what the next ones make of it.
namespace tributary::batch_import {
namespace {

using namespace testing;
using State = ImportOutcome::State;
using std::chrono::milliseconds;

ImportSettings eager_settings() {
    ImportSettings settings;
    settings.batches.max_batch_items = 10;
    settings.max_part_bytes = 1'000;
    settings.checkpoint_interval = milliseconds(0);
    return settings;
}

/// 60 items, every fourth of them broken.
std::string mixed_file() {
    std::string file = "[";
    for (int i = 0; i < 60; ++i) {
        file += (i > 0 ? "," : "") + (i % 4 == 3 ? std::to_string(i) : item(i));
    }
    return file + "]";
}

using Files = std::map<std::string, std::string>;

/// `text` with V for the version, and without the ids, which depend on it.
std::string without_version(std::string text, const std::string& version) {
    for (auto at = text.find(version); at != std::string::npos; at = text.find(version)) {
        text.replace(at, version.size(), "V");
    }
    const std::string id = R"("id":")";
    for (auto at = text.find(id); at != std::string::npos; at = text.find(id)) {
        text.erase(at, id.size() + 36);
    }
    return text;
}

/// What an import that nothing disturbs leaves behind, with the version taken out of it.
Files results_of(ImportBench& bench) {
    Files results = bench.files("rejected/");
    results.merge(bench.files("reports/"));
    std::string version = bench.files("reports/").begin()->first;
    version = version.substr(version.rfind('/') + 1);
    version.resize(version.size() - std::string(".json").size());
    Files plain;
    for (const auto& [key, content] : results) {
        plain[without_version(key, version)] = without_version(content, version);
    }
    return plain;
}

Files undisturbed_results() {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", mixed_file());
    EXPECT_EQ(bench.run("orders.json")->state, State::finished);
    EXPECT_EQ(bench.producer.ids.size(), 45U);
    return results_of(bench);
}

TEST(BatchSender, SendsNothingBehindABatchThatMetAnObstacle) {
    const SystemClock clock;
    std::latch both_submitted(1);
    std::atomic<int> calls = 0;
    const Send send = [&](std::span<const event::Event> events, milliseconds) {
        both_submitted.wait();
        ++calls;
        producer_client::Sent sent;
        sent.outcomes.resize(events.size(), std::unexpected(ScriptedProducer::problem(503, true)));
        return sent;
    };
    {
        BatchSender sender(send, clock, clock.steady_now() + std::chrono::minutes(1));
        for (int i = 0; i < 2; ++i) {
            Batch batch;
            batch.events.resize(1);
            sender.submit(std::move(batch));
        }
        both_submitted.count_down();
        EXPECT_NE(obstacle_of(sender.take()), nullptr);
    }
    EXPECT_EQ(calls, 1);
}

TEST(ImporterFault, AKillBeforeAnyWriteLosesNothingAndChangesNoResult) {
    const Files expected = undisturbed_results();
    for (int survived = 0; survived < 40; ++survived) {
        ImportBench bench(eager_settings());
        bench.upload("orders.json", mixed_file());
        int puts = 0;
        bench.store.fails_put = [&](const std::string&) { return puts++ >= survived; };
        const auto first = bench.run("orders.json");
        bench.store.fails_put = [](const std::string&) { return false; };
        if (first) break;  // That was more than it needs.

        const auto second = bench.run("orders.json");
        ASSERT_TRUE(second) << second.error().message;
        EXPECT_EQ(second->accepted, 45U);
        EXPECT_EQ(second->rejected, 15U);
        EXPECT_EQ(bench.producer.unique_ids().size(), 45U);
        EXPECT_EQ(results_of(bench), expected) << "after " << survived << " writes";
        EXPECT_TRUE(bench.files("checkpoints/").empty());
        EXPECT_LT(survived, 39);
    }
}

TEST(ImporterFault, AWriteThatFailsOnceCountsNothingTwice) {
    const Files expected = undisturbed_results();
    for (int survived = 0; survived < 40; ++survived) {
        ImportBench bench(eager_settings());
        bench.upload("orders.json", mixed_file());
        int puts = 0;
        bench.store.fails_put = [&](const std::string&) { return puts++ == survived; };
        if (bench.run("orders.json")) break;  // That was more than it needs.
        const auto second = bench.run("orders.json");
        ASSERT_TRUE(second) << second.error().message;
        EXPECT_EQ(results_of(bench), expected) << "without write " << survived;
        EXPECT_LT(survived, 39);
    }
}

TEST(ImporterFault, GoesOnFromACheckpointWithoutRepeatingWhatLiesBeforeIt) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", array_of(100));
    bench.store.fails_put = [puts = 0](const std::string& key) mutable {
        return key.starts_with("checkpoints/") && ++puts > 5;
    };
    ASSERT_FALSE(bench.run("orders.json"));
    bench.store.fails_put = [](const std::string&) { return false; };
    ASSERT_TRUE(bench.run("orders.json"));
    EXPECT_EQ(bench.producer.unique_ids().size(), 100U);
    EXPECT_LE(bench.producer.ids.size(), 130U);  // at most what was in flight came twice
}

TEST(ImporterFault, StoresCheckpointsSoonAtFirstAndSeldomerLater) {
    ImportSettings settings;
    settings.batches.max_batch_items = 1;
    ImportBench bench(settings);
    bench.upload("orders.json", array_of(100));
    bench.producer.before_answer = [&] { bench.clock.advance(milliseconds(500)); };
    const SteadyTime begin = bench.clock.steady_now();
    std::vector<milliseconds> stored;
    bench.store.fails_put = [&](const std::string& key) {
        if (key.starts_with("checkpoints/")) {
            stored.push_back(
                std::chrono::duration_cast<milliseconds>(bench.clock.steady_now() - begin));
        }
        return false;
    };
    ASSERT_TRUE(bench.run("orders.json"));
    ASSERT_EQ(stored.size(), 7U);
    EXPECT_LE(stored[0], milliseconds(2'000));
    for (std::size_t i = 1; i < stored.size(); ++i) {
        const milliseconds wanted(std::min(10'000, 1'000 << i));
        EXPECT_GE(stored[i] - stored[i - 1], wanted - milliseconds(1'000)) << i;
        EXPECT_LE(stored[i] - stored[i - 1], wanted + milliseconds(1'000)) << i;
    }
}

TEST(ImporterFault, PausesAtTheDeadlineAndGoesOnUntilItIsDone) {
    const Files expected = undisturbed_results();
    ImportBench bench(eager_settings());
    bench.upload("orders.json", mixed_file());
    bench.producer.before_answer = [&] { bench.clock.advance(milliseconds(900)); };
    int pauses = 0;
    while (true) {
        const auto outcome = bench.run("orders.json", "", milliseconds(1'000));
        ASSERT_TRUE(outcome) << outcome.error().message;
        if (outcome->state != State::paused) break;
        EXPECT_EQ(bench.files("checkpoints/").size(), 1U);
        EXPECT_TRUE(bench.files("reports/").empty());
        ASSERT_LT(++pauses, 20);
    }
    EXPECT_GT(pauses, 1);
    EXPECT_EQ(bench.producer.unique_ids().size(), 45U);
    EXPECT_EQ(results_of(bench), expected);
}

TEST(ImporterFault, LetsWhatIsUnderWayComeBackBeforeItPauses) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", array_of(500));
    bench.producer.before_answer = [&] { bench.clock.advance(milliseconds(100)); };
    while (bench.run("orders.json", "", milliseconds(2'000))->state == State::paused) {
    }
    EXPECT_EQ(bench.producer.ids.size(), 500U);  // None came twice.
}

TEST(ImporterFault, GoesOnInsideGzipByReadingUpToTheCheckpoint) {
    // Several members, so that what is read over comes in several pieces.
    std::string file;
    for (int i = 0; i < 60; ++i) file += gzip((i > 0 ? "," : "[") + item(i));
    file += gzip("]");
    ImportBench bench(eager_settings());
    bench.upload("orders.json.gz", file);
    bench.producer.before_answer = [&] { bench.clock.advance(milliseconds(900)); };
    int pauses = 0;
    while (bench.run("orders.json.gz", "", milliseconds(1'000))->state == State::paused) {
        ASSERT_LT(++pauses, 20);
    }
    EXPECT_GT(pauses, 1);
    EXPECT_EQ(bench.producer.unique_ids().size(), 60U);
    EXPECT_TRUE(bench.files("rejected/").empty());
}

TEST(ImporterFault, AProducerThatIsAwayPausesTheRun) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", array_of(20));
    bench.producer.refuses = [](const event::Event& event) -> std::optional<receipt::Problem> {
        if (event.subject.size() == 1) return std::nullopt;  // the first ten
        return ScriptedProducer::problem(503, true);
    };
    const auto paused = bench.run("orders.json");
    ASSERT_TRUE(paused) << paused.error().message;
    EXPECT_EQ(paused->state, State::paused);
    EXPECT_EQ(paused->accepted, 10U);
    EXPECT_EQ(paused->rejected, 0U);
    bench.producer.refuses = [](const event::Event&) { return std::nullopt; };
    EXPECT_EQ(bench.run("orders.json")->accepted, 20U);
}

TEST(ImporterFault, WhereNoProducerIsReachedTheSettingIsNamed) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", array_of(20));
    bench.producer.refuses = [](const event::Event&) {
        auto nobody = ScriptedProducer::problem(503, true);
        nobody.type = "/problems/producer-unavailable";
        return std::optional(std::move(nobody));
    };
    const auto paused = bench.run("orders.json");
    ASSERT_TRUE(paused) << paused.error().message;
    EXPECT_EQ(paused->state, State::paused);
    EXPECT_NE(paused->detail.find("It was scripted."), std::string::npos);
    EXPECT_NE(paused->detail.find("PRODUCER_URL"), std::string::npos) << paused->detail;
}

TEST(ImporterFault, AWrongTokenIsAnErrorAndRejectsNothing) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", array_of(20));
    bench.producer.refuses = [](const event::Event&) {
        return std::optional(ScriptedProducer::problem(401, false));
    };
    const auto outcome = bench.run("orders.json");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
    EXPECT_NE(outcome.error().message.find("PRODUCER_TOKEN"), std::string::npos);
    EXPECT_TRUE(bench.files("rejected/").empty());
    EXPECT_TRUE(bench.files("reports/").empty());
}

TEST(ImporterFault, AReplacedObjectEndsTheOldVersionWithAReport) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", mixed_file());
    const std::string old_version =
        bench.directory().head(object_store::ObjectId("bucket", "orders.json"))->version;
    bench.producer.before_answer = [&] { bench.clock.advance(milliseconds(900)); };
    ASSERT_EQ(bench.run("orders.json", "", milliseconds(1'000))->state, State::paused);
    bench.upload("orders.json", array_of(3));
    const auto outcome = bench.run("orders.json", old_version);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->state, State::replaced);
    EXPECT_TRUE(bench.files("checkpoints/").empty());
    EXPECT_FALSE(bench.files("rejected/").empty());
    EXPECT_NE(bench.only_file("reports/").find("\"replaced\""), std::string::npos);
    EXPECT_EQ(bench.run("orders.json")->accepted, 3U);
}

TEST(ImporterFault, ADamagedCheckpointIsReadOverAndANewerOneRefused) {
    ImportBench bench(eager_settings());
    bench.upload("orders.json", array_of(5));
    const object_store::ObjectId object("bucket", "orders.json");
    const std::string version = bench.directory().head(object)->version;
    const object_store::ObjectId checkpoint("bucket",
                                            "checkpoints/orders.json/" + version + ".json");
    ASSERT_TRUE(bench.directory().put(checkpoint, R"({"version":2})"));
    const auto refused = bench.run("orders.json");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    ASSERT_TRUE(bench.directory().put(checkpoint, "{\"version\":1,\"by"));
    EXPECT_EQ(bench.run("orders.json")->accepted, 5U);
}

}  // namespace
}  // namespace tributary::batch_import
