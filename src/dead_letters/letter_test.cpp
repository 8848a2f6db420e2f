#include "dead_letters/letter.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tributary::dead_letters {
namespace {

event_log::Record letter_record() {
    event_log::Record record;
    record.topic = "orders.dlq";
    record.partition = 1;
    record.offset = 7;
    record.key = "10248";
    record.value = R"({"id":"e1"})";
    record.headers = {{"traceparent", "00-1-2-01"},     {"dlq-reason", "mapping_conflict"},
                      {"dlq-event-id", "e1"},           {"dlq-origin-topic", "orders"},
                      {"dlq-origin-partition", "2"},    {"dlq-origin-offset", "30"},
                      {"redriven-from", "orders-2-12"}, {"redrive-count", "2"}};
    return record;
}

TEST(Letter, IsNamedByItsOrigin) {
    const Letter letter = parse_letter("orders", letter_record());
    EXPECT_EQ(letter.id, "orders-2-30");
    EXPECT_EQ(letter.reason(), "mapping_conflict");
    EXPECT_EQ(letter.event_id(), "e1");
    EXPECT_EQ(letter.redrives(), 2);
    EXPECT_EQ(letter.state(), State::open);
}

TEST(Letter, WithoutAnOriginIsNamedByItsOwnPlace) {
    auto record = letter_record();
    record.headers.clear();
    const Letter letter = parse_letter("orders", record);
    EXPECT_EQ(letter.id, "orders.dlq-1-7");
    EXPECT_EQ(letter.redrives(), 0);
    EXPECT_TRUE(letter.has_value());
}

TEST(Letter, GoesBackAsTheOriginalAndNamesWhereItCameFrom) {
    const auto record = redriven_record(parse_letter("orders", letter_record()));
    EXPECT_EQ(record.topic, "orders");
    EXPECT_EQ(record.key, "10248");
    EXPECT_EQ(record.value, R"({"id":"e1"})");
    const std::vector<event_log::RecordHeader> expected{
        {"traceparent", "00-1-2-01"}, {"redriven-from", "orders-2-30"}, {"redrive-count", "3"}};
    EXPECT_EQ(record.headers, expected);
}

TEST(Letter, AnActionIsReadAsItWasWritten) {
    Action action;
    action.leads_to = State::redriven;
    action.by = "ann \"the\" operator";
    action.at = *parse_rfc3339("2026-11-23T06:00:00.123Z");
    action.partition = 2;
    action.offset = 40;
    Letter letter;
    letter.topic = "orders";
    letter.id = "orders-2-30";
    const auto written = action_record(letter, action);
    EXPECT_EQ(written.topic, "orders.dlq.actions");
    EXPECT_EQ(written.key, "orders-2-30");
    event_log::Record record;
    record.value = written.value;
    const auto read = parse_action(record);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->leads_to, action.leads_to);
    EXPECT_EQ(read->by, action.by);
    EXPECT_EQ(read->at, action.at);
    EXPECT_EQ(read->partition, 2);
    EXPECT_EQ(read->offset, 40);
}

TEST(Letter, AnActionOfANewerVersionIsRefusedWithASentence) {
    event_log::Record record;
    record.topic = "orders.dlq.actions";
    for (const char* value :
         {"", "no json", R"({"version":3,"state":"dropped","at":"2026-11-23T06:00:00Z"})",
          R"({"version":1,"state":"eaten","at":"2026-11-23T06:00:00Z"})"}) {
        record.value = value;
        const auto read = parse_action(record);
        ASSERT_FALSE(read) << value;
        EXPECT_EQ(read.error().code, ErrorCode::corrupt_data);
        EXPECT_NE(read.error().message.find("orders.dlq.actions/0 at offset 0"), std::string::npos);
    }
}

}  // namespace
}  // namespace tributary::dead_letters
