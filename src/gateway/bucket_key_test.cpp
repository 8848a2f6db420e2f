#include "gateway/bucket_key.h"

#include <gtest/gtest.h>

namespace tributary::gateway {
namespace {

TEST(BucketKey, KnowsTheResults) {
    for (const auto* key : {"rejected/a", "reports/a/1.json", "checkpoints/x", "failed/x/y"}) {
        EXPECT_TRUE(is_result_key(key)) << key;
    }
    for (const auto* key : {"orders.json", "reports", "my/reports/a", "rejected_orders.json"}) {
        EXPECT_FALSE(is_result_key(key)) << key;
    }
}

TEST(BucketKey, KnowsUnfinishedNames) {
    for (const auto* key : {".orders.json.Xy12", "a/.git/orders.json", "orders.json.tmp",
                            "orders.part", "orders.json~", "big.tmp/orders.json", "o.crdownload"}) {
        EXPECT_TRUE(is_unfinished_key(key)) << key;
    }
    for (const auto* key : {"orders.json", "a/b.c/orders", "tmp/orders.json", "parts.json"}) {
        EXPECT_FALSE(is_unfinished_key(key)) << key;
    }
}

TEST(BucketKey, RefusesWhatIsNoPlainPath) {
    using std::string_literals::operator""s;
    for (const auto& key : {""s, "/a"s, "a/"s, "a//b"s, "../a"s, "a/../b"s, "./a"s, "a/."s, "\0"s,
                            "a\0b"s, "\xff.json"s, std::string(901, 'x')}) {
        const auto valid = check_key(key);
        ASSERT_FALSE(valid) << key;
        EXPECT_EQ(valid.error().code, ErrorCode::invalid_input);
    }
    for (const auto& key : {"a"s, "a/b c/Größe+1.json"s, "..a/b.."s, std::string(900, 'x')}) {
        EXPECT_TRUE(check_key(key)) << key;
    }
}

TEST(BucketKey, PlacesResultsByVersion) {
    EXPECT_EQ(result_key("reports", "a/orders.json", "12-3-4"),
              "reports/a/orders.json/12-3-4.json");
}

}  // namespace
}  // namespace tributary::gateway
