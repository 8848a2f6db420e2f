#include "indexing/letter_format.h"

#include <boost/json.hpp>
#include <cstddef>
#include <openssl/evp.h>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "ledger/dead_letter_headers.h"
#include "receipt/json_text.h"

namespace tributary::indexing {
namespace {

namespace header = ledger::dead_letter_header;
namespace json = boost::json;
using event_log::RecordHeader;

constexpr std::size_t kMaxOriginalHeaderBytes = std::size_t{16} << 10;
constexpr std::size_t kMaxDetailBytes = 1024;
constexpr std::size_t kMaxIndexedValueBytes = std::size_t{32} << 10;

/// At most `limit` bytes, valid UTF-8, no character cut in half.
std::string bounded_text(std::string_view text, std::size_t limit) {
    if (text.size() > limit) {
        text = text.substr(0, limit);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
            text.remove_suffix(1);
        }
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) {
            text.remove_suffix(1);
        }
    }
    return receipt::utf8_only(text);
}

std::string sha256_hex(std::string_view bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex += kDigits[digest[i] >> 4U];
        hex += kDigits[digest[i] & 0xFU];
    }
    return hex;
}

/// The original's headers, as many as fit; those of an earlier dead letter would lie about this
/// one.
std::vector<RecordHeader> original_headers(const event_log::Record& record) {
    std::vector<RecordHeader> headers;
    std::size_t bytes = 0;
    std::size_t dropped = 0;
    for (const RecordHeader& original : record.headers) {
        if (original.name.starts_with(header::kPrefix)) continue;
        const std::size_t size = original.name.size() + original.value.size();
        if (bytes + size > kMaxOriginalHeaderBytes) {
            ++dropped;
            continue;
        }
        bytes += size;
        headers.push_back(original);
    }
    if (dropped > 0) headers.emplace_back(header::kDroppedHeaders, std::to_string(dropped));
    return headers;
}

void add_reason(std::vector<RecordHeader>& headers, const Item& item, Timestamp at) {
    const DeadLetter& letter = *item.letter;
    headers.emplace_back(header::kVersion, "1");
    headers.emplace_back(header::kReason, std::string(to_string(letter.judgement.verdict)));
    headers.emplace_back(header::kStatus, std::to_string(letter.judgement.status));
    headers.emplace_back(header::kDetail, bounded_text(letter.judgement.detail, kMaxDetailBytes));
    headers.emplace_back(header::kEventId, bounded_text(letter.event_id, kMaxDetailBytes));
    headers.emplace_back(header::kOriginTopic, item.record.topic);
    headers.emplace_back(header::kOriginPartition, std::to_string(item.record.partition));
    headers.emplace_back(header::kOriginOffset, std::to_string(item.record.offset));
    headers.emplace_back(header::kOriginTimestamp, format_rfc3339(item.record.timestamp));
    headers.emplace_back(header::kAt, format_rfc3339(at));
}

json::object origin_of(const Item& item) {
    return {{"topic", item.record.topic},
            {"partition", item.record.partition},
            {"offset", item.record.offset}};
}

std::string type_of(const Item& item) {
    const event::EntityType* const type = item.stored.event.type;
    return type ? type->name : std::string();
}

}  // namespace

event_log::NewRecord letter_record(const Item& item, Timestamp at) {
    auto headers = original_headers(item.record);
    add_reason(headers, item, at);
    std::string value(item.value());
    if (item.letter->is_value_replaced) {
        const std::string size = std::to_string(value.size());
        const std::string hash = sha256_hex(value);
        value = json::serialize(json::object{{"replaced", true},
                                             {"bytes", item.value().size()},
                                             {"sha256", hash},
                                             {"origin", origin_of(item)}});
        headers.emplace_back(header::kValueBytes, size);
        headers.emplace_back(header::kValueSha256, hash);
    }
    return {event_log::dead_letter_topic(item.record.topic), item.record.key, std::move(value),
            std::move(headers)};
}

std::string letter_document_id(const Item& item) {
    return item.record.topic + "-" + std::to_string(item.record.partition) + "-" +
           std::to_string(item.record.offset);
}

std::string letter_document(const Item& item, Timestamp at) {
    const DeadLetter& letter = *item.letter;
    const std::string value = bounded_text(item.value(), kMaxIndexedValueBytes);
    const std::string detail = bounded_text(letter.judgement.detail, kMaxDetailBytes);
    const std::string reason(to_string(letter.judgement.verdict));
    const std::string id = bounded_text(letter.event_id, kMaxDetailBytes);
    const std::string key = bounded_text(item.record.key, kMaxDetailBytes);
    const std::string topic = event_log::dead_letter_topic(item.record.topic);
    json::object document{
        {"id", id},
        {"type", type_of(item)},
        {"reason", reason},
        {"detail", detail},
        {"status", letter.judgement.status},
        {"state", "open"},
        {"origin", origin_of(item)},
        {"dlq", {{"partition", letter.position.partition}, {"offset", letter.position.offset}}},
        {"@timestamp", format_rfc3339(at)},
        {"pipeline",
         {{"received_at", format_rfc3339(item.received_at)},
          {"published_at", format_rfc3339(item.record.timestamp)},
          {"indexed_at", format_rfc3339(at)}}},
        {"kafka",
         {{"topic", topic},
          {"partition", letter.position.partition},
          {"offset", letter.position.offset}}},
        {"key", key},
        {"value", value},
        {"value_bytes", item.value().size()},
        {"text", id + ' ' + reason + ' ' + detail + ' ' + key + ' ' + value}};
    if (const auto redriven = item.record.header("redriven-from"); !redriven.empty()) {
        document["redriven_from"] = bounded_text(redriven, kMaxDetailBytes);
    }
    return json::serialize(document);
}

}  // namespace tributary::indexing
