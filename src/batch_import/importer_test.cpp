#include "batch_import/importer.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "batch_import/testing.h"

namespace tributary::batch_import {
namespace {

using namespace testing;
namespace json = boost::json;
using State = ImportOutcome::State;

ImportSettings small_batches() {
    ImportSettings settings;
    settings.batches.max_batch_items = 7;
    return settings;
}

/// The lines of all parts, parsed, in the order of the parts' names.
std::vector<json::object> rejects_of(ImportBench& bench) {
    std::vector<json::object> lines;
    for (const auto& [key, content] : bench.files("rejected/")) {
        for (std::size_t begin = 0; begin < content.size();) {
            const std::size_t end = content.find('\n', begin);
            lines.push_back(json::parse(content.substr(begin, end - begin)).as_object());
            begin = end + 1;
        }
    }
    return lines;
}

json::object report_of(ImportBench& bench) {
    const std::string text = bench.only_file("reports/");
    return text.empty() ? json::object() : json::parse(text).as_object();
}

TEST(Importer, SendsEveryItemInOrderAndReportsIt) {
    ImportBench bench(small_batches());
    bench.upload("orders.json", array_of(100));
    const auto outcome = bench.run("orders.json");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->state, State::finished);
    EXPECT_EQ(outcome->accepted, 100U);
    ASSERT_EQ(bench.producer.ids.size(), 100U);
    const json::object report = report_of(bench);
    EXPECT_EQ(report.at("status"), "complete");
    EXPECT_EQ(report.at("type"), "order");
    EXPECT_EQ(report.at("read").to_number<int>(), 100);
    EXPECT_EQ(report.at("accepted").to_number<int>(), 100);
    EXPECT_EQ(report.at("rejected").to_number<int>(), 0);
    EXPECT_TRUE(report.at("parts").as_array().empty());
    EXPECT_FALSE(report.contains("broken_at"));
    EXPECT_TRUE(bench.files("checkpoints/").empty());
    EXPECT_TRUE(bench.files("rejected/").empty());

    const std::string version = std::string(report.at("object_version").as_string());
    for (std::uint64_t i = 0; i < 100; ++i) {
        EXPECT_EQ(bench.producer.ids[i], event::file_item_id("bucket", "orders.json", version, i));
    }
    EXPECT_EQ(bench.files("reports/").begin()->first, "reports/orders.json/" + version + ".json");
}

TEST(Importer, ReadsNdjsonAndPrettyPrintedObjects) {
    ImportBench bench;
    bench.upload("orders.ndjson", lines_of(20));
    EXPECT_EQ(bench.run("orders.ndjson")->accepted, 20U);
    bench.upload("product.json", "{\n  \"id\": 1,\n  \"name\": \"Chai\"\n}\n");
    EXPECT_EQ(bench.run("product.json")->accepted, 1U);
}

/// Seven kinds of damage that leave the array balanced.
const char* const kBroken[] = {
    R"({"id":1,"total":})",                   // a value missing
    R"({"id":1 "total":2})",                  // a comma missing
    R"({id:1})",                              // a name without quotes
    R"("just text")",                         // no object
    "{\"id\":1,\"name\":\"\xC3\x28\"}",       // not UTF-8
    R"({"type":"product","data":{"id":1}})",  // contradicts the file's name
    R"({"id":1,"note":"a\qb"})",              // an escape that does not exist
};

TEST(Importer, RejectsTheSevenBrokenItemsOfAThousandAndKeepsTheOthers) {
    for (const bool is_array : {true, false}) {
        ImportBench bench;
        std::string file = is_array ? "[" : "";
        for (int i = 0; i < 1'000; ++i) {
            if (i > 0) file += is_array ? "," : "\n";
            file += i % 100 == 42 && i < 700 ? kBroken[i / 100] : item(i);
        }
        file += is_array ? "]" : "\n";
        bench.upload("orders.json", file);
        const auto outcome = bench.run("orders.json");
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->accepted, 993U);
        EXPECT_EQ(outcome->rejected, 7U);
        const auto rejects = rejects_of(bench);
        ASSERT_EQ(rejects.size(), 7U);
        for (std::size_t i = 0; i < 7; ++i) {
            EXPECT_EQ(rejects[i].at("index").to_number<std::size_t>(), 100 * i + 42);
            EXPECT_FALSE(rejects[i].at("detail").as_string().empty());
            const auto byte = rejects[i].at("byte").to_number<std::size_t>();
            const auto size = rejects[i].at("size").to_number<std::size_t>();
            EXPECT_EQ(file.substr(byte, size), kBroken[i]);
        }
        EXPECT_EQ(rejects[1].at("item"), kBroken[1]);
        const json::object report = report_of(bench);
        EXPECT_EQ(report.at("read").to_number<int>(), 1'000);
        EXPECT_EQ(report.at("rejected").to_number<int>(), 7);
        ASSERT_EQ(report.at("parts").as_array().size(), 1U);
        EXPECT_EQ(bench.files("rejected/").begin()->first, report.at("parts").at(0).as_string());
        EXPECT_TRUE(report.at("parts").at(0).as_string().ends_with("/42.ndjson"));
    }
}

TEST(Importer, DamageInTheFirstLineOfNdjsonCostsThatLineOnly) {
    for (const std::string first : {"[broken", R"(["a","b"])", R"({"id":"z0")"}) {
        for (const std::string key : {"orders.ndjson", "Orders.JSONL", "orders.ndjson.gz"}) {
            ImportBench bench(small_batches());
            const std::string file = first + "\noops\n" + lines_of(98);
            bench.upload(key, key.ends_with(".gz") ? gzip(file) : file);
            const auto outcome = bench.run(key);
            ASSERT_TRUE(outcome) << outcome.error().message;
            EXPECT_EQ(outcome->accepted, 98U) << key << ' ' << first;
            EXPECT_EQ(outcome->rejected, 2U) << key << ' ' << first;
            EXPECT_EQ(report_of(bench).at("status"), "complete");
        }
    }
}

TEST(Importer, ReportsWhereAFileBreaksAndKeepsWhatCameBefore) {
    struct Row {
        const char* end;
        const char* words;
    };
    for (const Row& row : {Row{R"(,{"id":100,"to)", "ends inside"},
                           Row{R"(,{"a":[1},{"id":101}])", "closes nothing"}}) {
        ImportBench bench(small_batches());
        std::string file = "[" + item(0);
        for (int i = 1; i < 100; ++i) file += "," + item(i);
        const std::size_t sound = file.size() + 1;
        file += row.end;
        bench.upload("orders.json", file);
        const auto outcome = bench.run("orders.json");
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->state, State::finished);
        EXPECT_EQ(outcome->accepted, 100U);
        EXPECT_EQ(outcome->rejected, 1U);
        const json::object report = report_of(bench);
        EXPECT_EQ(report.at("status"), "broken");
        const std::string detail(report.at("broken_at").at("detail").as_string());
        EXPECT_NE(detail.find(row.words), std::string::npos) << detail;
        EXPECT_GT(report.at("broken_at").at("byte").to_number<std::size_t>(), sound);
        const auto rejects = rejects_of(bench);
        ASSERT_EQ(rejects.size(), 1U);
        EXPECT_EQ(rejects[0].at("byte").to_number<std::size_t>(), sound);
        EXPECT_EQ(rejects[0].at("size").to_number<std::size_t>(), file.size() - sound);
    }
}

TEST(Importer, PassesOverItemsThatAreTooLarge) {
    ImportSettings settings;
    settings.batches.max_item_bytes = 1'000;
    ImportBench bench(settings);
    bench.upload("orders.json", "[" + item(0) + R"(,{"id":1,"note":")" + std::string(500'000, 'x') +
                                    "\"}," + item(2) + "]");
    EXPECT_EQ(bench.run("orders.json")->accepted, 2U);
    const auto rejects = rejects_of(bench);
    ASSERT_EQ(rejects.size(), 1U);
    EXPECT_EQ(rejects[0].at("status").to_number<int>(), 413);
    EXPECT_EQ(rejects[0].at("item_is_cut"), true);
    EXPECT_NE(rejects[0].at("detail").as_string().find("MAX_ITEM_BYTES"), std::string_view::npos);
}

TEST(Importer, EmptyFilesEndClearly) {
    struct Row {
        const char* key;
        const char* content;
    };
    for (const Row& row : {Row{"orders.json", ""}, Row{"orders.json", "[]"},
                           Row{"orders.json", " \n"}, Row{"orders.json.gz", ""}}) {
        ImportBench bench;
        bench.upload(row.key, row.content);
        const auto outcome = bench.run(row.key);
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->state, State::finished);
        const json::object report = report_of(bench);
        EXPECT_EQ(report.at("status"), "complete");
        EXPECT_EQ(report.at("read").to_number<int>(), 0);
        EXPECT_EQ(report.at("detail"), "The file holds no items.");
    }
}

TEST(Importer, DamagedGzipIsOneReject) {
    ImportBench bench;
    bench.upload("orders.json.gz", "[{\"id\":1}]");
    const auto outcome = bench.run("orders.json.gz");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->rejected, 1U);
    EXPECT_EQ(report_of(bench).at("status"), "broken");
}

TEST(Importer, ANameThatTellsNoTypeIsReportedWithTheRule) {
    for (const std::string key : {"orders_products.json", "notes.txt"}) {
        ImportBench bench;
        bench.upload(key, array_of(3));
        const auto outcome = bench.run(key);
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->state, State::refused);
        const json::object report = report_of(bench);
        EXPECT_EQ(report.at("status"), "refused");
        EXPECT_TRUE(report.at("type").is_null());
        EXPECT_NE(report.at("detail").as_string().find(key), std::string_view::npos);
        EXPECT_EQ(bench.producer.calls, 0);
        EXPECT_EQ(bench.run(key)->state, State::refused);  // Nothing is final about it.
    }
}

TEST(Importer, WhatTheProducerRefusesIsRejectedToo) {
    ImportBench bench(small_batches());
    bench.producer.refuses = [](const event::Event& event) -> std::optional<receipt::Problem> {
        if (event.subject != "13") return std::nullopt;
        return ScriptedProducer::problem(422, false);
    };
    bench.upload("orders.json", array_of(20));
    EXPECT_EQ(bench.run("orders.json")->accepted, 19U);
    const auto rejects = rejects_of(bench);
    ASSERT_EQ(rejects.size(), 1U);
    EXPECT_EQ(rejects[0].at("index").to_number<int>(), 13);
    EXPECT_EQ(rejects[0].at("item"), json::value(item(13)));
    EXPECT_EQ(rejects[0].at("detail"), "It was scripted.");
}

TEST(Importer, KeepsTheIdOfAnItemThatIsACloudEvent) {
    ImportBench bench;
    bench.upload("orders.json",
                 R"([{"specversion":"1.0","id":"mine","source":"/shop","type":"order",)"
                 R"("data":{"id":1}}])");
    EXPECT_EQ(bench.run("orders.json")->accepted, 1U);
    EXPECT_EQ(bench.producer.ids, std::vector<std::string>{"mine"});
}

TEST(Importer, DoesNotRepeatAVersionThatHasItsReport) {
    ImportBench bench;
    bench.upload("orders.json", array_of(5));
    ASSERT_TRUE(bench.run("orders.json"));
    const auto again = bench.run("orders.json");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->state, State::done_before);
    EXPECT_EQ(bench.producer.ids.size(), 5U);
}

TEST(Importer, IgnoresItsOwnResultsAndFolderMarkers) {
    ImportBench bench;
    for (const std::string key : {"reports/orders.json/1.json", "rejected/orders.json/1/0.ndjson",
                                  "checkpoints/orders.json/1.json", "orders/"}) {
        EXPECT_EQ(bench.run(key)->state, State::ignored) << key;
    }
}

TEST(Importer, WithABucketForResultsEveryKeyOfTheUploadsCounts) {
    ImportSettings settings;
    settings.results_bucket = "results";
    ImportBench bench(settings);
    bench.upload("reports/orders.json", array_of(3));
    EXPECT_EQ(bench.run("reports/orders.json")->accepted, 3U);
    EXPECT_EQ(bench.files("reports/", "results").size(), 1U);
    EXPECT_EQ(bench.files("reports/").size(), 1U);  // the upload itself
}

TEST(Importer, AnObjectThatIsGoneOrReplacedEndsTheRun) {
    ImportBench bench;
    EXPECT_EQ(bench.run("orders.json")->state, State::gone);
    EXPECT_EQ(bench.run("notes.txt")->state, State::gone);

    bench.upload("orders.json", array_of(3));
    const auto replaced = bench.run("orders.json", "1-2-3");
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_EQ(replaced->state, State::replaced);
    EXPECT_EQ(bench.producer.calls, 0);
    EXPECT_EQ(report_of(bench).at("status"), "replaced");
    EXPECT_EQ(
        bench.log.lines({"An import ended.", R"("level":"warn")", R"("outcome":"failure")"}).size(),
        3U);
}

TEST(Importer, CutsRejectsIntoPartsNamedByTheirFirstItem) {
    ImportSettings settings;
    settings.max_part_bytes = 1'000;
    ImportBench bench(settings);
    std::string file = "[0";
    for (int i = 1; i < 50; ++i) file += "," + std::to_string(i);
    bench.upload("orders.json", file + "]");
    EXPECT_EQ(bench.run("orders.json")->rejected, 50U);
    const auto parts = bench.files("rejected/");
    EXPECT_GT(parts.size(), 5U);
    for (const auto& [key, content] : parts) {
        EXPECT_LE(content.size(), 1'000U);
        const auto first = json::parse(content.substr(0, content.find('\n')));
        EXPECT_TRUE(key.ends_with("/" + std::to_string(first.at("index").as_int64()) + ".ndjson"));
    }
    EXPECT_EQ(rejects_of(bench).size(), 50U);
    EXPECT_EQ(report_of(bench).at("parts").as_array().size(), parts.size());
}

}  // namespace
}  // namespace tributary::batch_import
