#include "indexing/letter_format.h"

#include <algorithm>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/rfc3339.h"
#include "ledger/dead_letter_headers.h"

namespace tributary::indexing {
namespace {

namespace header = ledger::dead_letter_header;

constexpr Timestamp kAt{std::chrono::milliseconds(1'780'000'001'000)};

Item broken_item(std::string value = "not json") {
    Item item;
    item.record.topic = "orders";
    item.record.partition = 2;
    item.record.offset = 17;
    item.record.timestamp = Timestamp(std::chrono::milliseconds(1'780'000'000'000));
    item.record.key = "10248";
    item.record.value = std::move(value);
    item.record.headers = {{"traceparent", "00-1-2-01"}, {"redriven-from", "orders-0-3"}};
    item.received_at = item.record.timestamp;
    item.letter = std::make_unique<DeadLetter>();
    item.letter->judgement = {Verdict::undecodable, 0, "It is not JSON."};
    item.letter->event_id = "e1";
    return item;
}

std::string header_of(const event_log::NewRecord& letter, std::string_view name) {
    const auto found = std::ranges::find(letter.headers, name, &event_log::RecordHeader::name);
    return found == letter.headers.end() ? "none" : found->value;
}

std::size_t bytes_of(const event_log::RecordHeaders& headers) {
    std::size_t bytes = 0;
    for (const auto& one : headers) bytes += one.name.size() + one.value.size();
    return bytes;
}

TEST(LetterRecord, CarriesTheOriginalAndTheReason) {
    const auto letter = letter_record(broken_item(), kAt);
    EXPECT_EQ(letter.topic, "orders.dlq");
    EXPECT_EQ(letter.key, "10248");
    EXPECT_EQ(letter.value, "not json");
    EXPECT_EQ(header_of(letter, "traceparent"), "00-1-2-01");
    EXPECT_EQ(header_of(letter, "redriven-from"), "orders-0-3");
    EXPECT_EQ(header_of(letter, "dlq-format-version"), "1");
    EXPECT_EQ(header_of(letter, "dlq-reason"), "undecodable");
    EXPECT_EQ(header_of(letter, "dlq-status"), "0");
    EXPECT_EQ(header_of(letter, "dlq-detail"), "It is not JSON.");
    EXPECT_EQ(header_of(letter, "dlq-event-id"), "e1");
    EXPECT_EQ(header_of(letter, "dlq-origin-topic"), "orders");
    EXPECT_EQ(header_of(letter, "dlq-origin-partition"), "2");
    EXPECT_EQ(header_of(letter, "dlq-origin-offset"), "17");
    EXPECT_EQ(header_of(letter, "dlq-origin-timestamp"),
              format_rfc3339(broken_item().record.timestamp));
    EXPECT_EQ(header_of(letter, "dlq-at"), format_rfc3339(kAt));
    EXPECT_EQ(header_of(letter, "dlq-dropped-headers"), "none");
}

TEST(LetterRecord, IsReadBackByTheLedger) {
    event_log::Record record;
    const auto written = letter_record(broken_item(), kAt).headers;
    record.headers.assign(written.begin(), written.end());
    const auto origin = ledger::letter_origin(record);
    ASSERT_TRUE(origin);
    EXPECT_EQ(origin->partition, (event_log::TopicPartition{"orders", 2}));
    EXPECT_EQ(origin->offset, 17);
}

TEST(LetterRecord, BoundsItsHeaders) {
    Item item = broken_item();
    for (int i = 0; i < 100; ++i) {
        item.record.headers.emplace_back("large" + std::to_string(i), std::string(1000, 'x'));
    }
    item.letter->judgement.detail = std::string(100'000, 'd');
    item.letter->event_id = std::string(100'000, 'i');
    const auto letter = letter_record(item, kAt);
    EXPECT_LT(bytes_of(letter.headers), 20'000U);
    EXPECT_EQ(header_of(letter, header::kDroppedHeaders), "84");
}

TEST(LetterRecord, DropsTheHeadersOfAnEarlierLetter) {
    Item item = broken_item();
    item.record.headers.emplace_back(header::kOriginOffset, "99");
    item.record.headers.emplace_back("dlq-something-later", "x");
    const auto letter = letter_record(item, kAt);
    EXPECT_EQ(header_of(letter, header::kOriginOffset), "17");
    EXPECT_EQ(header_of(letter, "dlq-something-later"), "none");
}

TEST(LetterRecord, ReplacesAValueThatIsTooLargeByItsLengthHashAndOrigin) {
    Item item = broken_item("abc");
    item.letter->is_value_replaced = true;
    const auto letter = letter_record(item, kAt);
    constexpr auto kSha256OfAbc =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    EXPECT_EQ(header_of(letter, header::kValueBytes), "3");
    EXPECT_EQ(header_of(letter, header::kValueSha256), kSha256OfAbc);
    const auto value = boost::json::parse(letter.value);
    EXPECT_EQ(value.at("bytes").to_number<int>(), 3);
    EXPECT_EQ(value.at("sha256").as_string(), kSha256OfAbc);
    EXPECT_EQ(value.at("origin").at("offset").to_number<int>(), 17);
}

TEST(LetterDocument, SaysWhatPeopleLookFor) {
    Item item = broken_item("not json, 440 EUR");
    item.letter->position = {.partition = 1, .offset = 5, .timestamp = {}};
    EXPECT_EQ(letter_document_id(item), "orders-2-17");
    const auto document = boost::json::parse(letter_document(item, kAt));
    EXPECT_EQ(document.at("id").as_string(), "e1");
    EXPECT_EQ(document.at("reason").as_string(), "undecodable");
    EXPECT_EQ(document.at("state").as_string(), "open");
    EXPECT_EQ(document.at("status").to_number<int>(), 0);
    EXPECT_EQ(document.at("origin").at("topic").as_string(), "orders");
    EXPECT_EQ(document.at("origin").at("offset").to_number<int>(), 17);
    EXPECT_EQ(document.at("dlq").at("offset").to_number<int>(), 5);
    EXPECT_EQ(document.at("kafka").at("topic").as_string(), "orders.dlq");
    EXPECT_EQ(document.at("redriven_from").as_string(), "orders-0-3");
    EXPECT_NE(document.at("text").as_string().find("440 EUR"), std::string::npos);
}

TEST(LetterDocument, IsValidJsonOnOneLineWhateverTheValueWas) {
    std::string value = "line\nother\r\"quote\" \xFF\xFE \xC3";
    value += std::string(100'000, 'x');
    value += '\0';
    Item item = broken_item(value);
    item.record.key = "\xFF";
    const std::string json = letter_document(item, kAt);
    EXPECT_EQ(json.find_first_of("\r\n"), std::string::npos);
    EXPECT_LT(json.size(), 100'000U);
    boost::system::error_code error;
    const auto document = boost::json::parse(json, error);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(document.at("value_bytes").to_number<std::size_t>(), value.size());
}

TEST(LetterDocument, CutsNoCharacterInHalf) {
    std::string value;
    for (int i = 0; i < 20'000; ++i) value += "\xE2\x82\xAC";  // The euro sign, three bytes.
    Item item = broken_item(value);
    const auto document = boost::json::parse(letter_document(item, kAt));
    EXPECT_EQ(document.at("value").as_string().find('?'), std::string::npos);
}

}  // namespace
}  // namespace tributary::indexing
