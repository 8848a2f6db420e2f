#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <string_view>

#include "ingest/running_producer.h"

namespace tributary::ingest {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& row, const char* name) {
    return std::string(row.at(name).as_string());
}

std::string decoded_base64(std::string_view text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text.substr(0, text.find('='))) {
        bits = bits << 6U | static_cast<std::uint32_t>(kDigits.find(c));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
    }
    return bytes;
}

std::string times(const std::string& text, const json::value& count) {
    std::string all;
    for (std::int64_t i = 0; i < count.as_int64(); ++i) all += text;
    return all;
}

std::string repeated(const json::object& parts) {
    return text_at(parts, "prefix") + times(text_at(parts, "text"), parts.at("times")) +
           text_at(parts, "suffix");
}

/// `[name, value]`, or `[name, piece, how often]`.
RunningProducer::Fields fields_of(const json::object& row) {
    RunningProducer::Fields fields;
    for (const json::value& value : row.at("headers").as_array()) {
        const json::array& field = value.as_array();
        const std::string text(field.at(1).as_string());
        fields.emplace_back(field.at(0).as_string(),
                            field.size() > 2 ? times(text, field.at(2)) : text);
    }
    return fields;
}

std::string body_of(const json::object& row) {
    if (row.contains("body")) return text_at(row, "body");
    if (row.contains("body_base64")) return decoded_base64(text_at(row, "body_base64"));
    return row.contains("repeat") ? repeated(row.at("repeat").as_object()) : "";
}

json::array table() {
    std::ifstream file(TRIBUTARY_TEST_DATA "/bad_requests.json");
    std::stringstream text;
    text << file.rdbuf();
    return json::parse(text.str()).as_array();
}

/// Whether a refusal has an id, and each of its items one of its own.
bool is_named(const json::value& body) {
    if (!body.is_object()) return false;
    const json::value* const results = body.as_object().if_contains("results");
    if (results == nullptr) return body.as_object().contains("id");
    return std::ranges::all_of(results->as_array(), [](const json::value& item) {
        return item.as_object().contains("id");
    });
}

/// The table is shared with the end-to-end tests, which send it to the real program.
TEST(BadRequests, AreAnsweredAsTheTableSays) {
    RunningProducer producer;
    const json::array rows = table();
    EXPECT_GE(rows.size(), 60U);
    for (const json::value& value : rows) {
        const json::object& row = value.as_object();
        SCOPED_TRACE(text_at(row, "name"));
        const auto response = producer.send(text_at(row, "method"), text_at(row, "path"),
                                            body_of(row), fields_of(row));
        EXPECT_EQ(response.status, row.at("expect_status").as_int64()) << response.body;
        boost::system::error_code failure;
        const json::value body = json::parse(response.body, failure);
        EXPECT_TRUE(!failure && body.is_object())
            << "the answer is no JSON object: " << response.body;
        if (text_at(row, "path") == "/produce" && response.status != 405) {
            EXPECT_TRUE(is_named(body)) << "the answer names no id: " << response.body;
        }
        for (const json::value& words : row.at("expect_words").as_array()) {
            EXPECT_NE(response.body.find(std::string(words.as_string())), std::string::npos)
                << "the answer lacks '" << words.as_string() << "': " << response.body;
        }
    }
    EXPECT_EQ(producer.get("/health").status, 200);
}

}  // namespace
}  // namespace tributary::ingest
