#include "event_log/embedded/embedded_log.h"

#include <fstream>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "event_log/embedded/test_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {
namespace {

class EmbeddedLogFile : public testing::Test {
protected:
    ErrorCode refusal(EmbeddedLogSettings settings) {
        const auto log = EmbeddedLog::open(std::move(settings), clock_);
        EXPECT_FALSE(log);
        if (log) return ErrorCode::internal;
        message_ = log.error().message;
        return log.error().code;
    }
    TestLog files_;
    ManualClock clock_;
    std::string message_;
};

TEST_F(EmbeddedLogFile, RefusesASchemaThatIsNewer) {
    TestLog::open(files_.settings(), clock_).reset();
    {
        auto database = sqlite::Database::open(files_.path(), std::chrono::seconds(5));
        ASSERT_TRUE(database->execute("PRAGMA user_version = 99"));
    }
    EXPECT_EQ(refusal(files_.settings()), ErrorCode::invalid_input);
    EXPECT_NE(message_.find("99"), std::string::npos) << message_;
    EXPECT_NE(message_.find("newer"), std::string::npos) << message_;
}

TEST_F(EmbeddedLogFile, RefusesAFileThatIsNoLog) {
    std::ofstream(files_.path()) << std::string(8'192, 'x');
    EXPECT_EQ(refusal(files_.settings()), ErrorCode::corrupt_data);
}

TEST_F(EmbeddedLogFile, RefusesSettingsThatMakeNoSense) {
    auto settings = files_.settings();
    settings.partitions = 0;
    EXPECT_EQ(refusal(settings), ErrorCode::invalid_input);
    settings = files_.settings();
    settings.lease = std::chrono::milliseconds(0);
    EXPECT_EQ(refusal(settings), ErrorCode::invalid_input);
    settings = files_.settings();
    settings.path = "/nowhere/at/all.db";
    EXPECT_EQ(refusal(settings), ErrorCode::unavailable);
}

TEST_F(EmbeddedLogFile, AnExistingTopicKeepsItsPartitions) {
    auto settings = files_.settings();
    settings.partitions = 3;
    TestLog::open_with_orders(settings, clock_).reset();
    settings.partitions = 5;
    const auto log = TestLog::open_with_orders(settings, clock_);
    ASSERT_TRUE(log->create_topic("products"));
    const auto inspector = log->make_inspector();
    EXPECT_EQ(inspector->partitions("orders")->size(), 3U);
    EXPECT_EQ(inspector->partitions("products")->size(), 5U);
}

TEST_F(EmbeddedLogFile, TopicsAreNamedByKafkasRule) {
    const auto log = TestLog::open(files_.settings(), clock_);
    EXPECT_TRUE(log->create_topic("Orders_2026-11.dlq"));
    EXPECT_TRUE(log->create_topic(std::string(249, 'a')));
    for (const auto& name : {std::string(), std::string("."), std::string(".."), std::string("a b"),
                             std::string("ä"), std::string("a/b"), std::string(250, 'a')}) {
        const auto refused = log->create_topic(name);
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_input);
    }
}

}  // namespace
}  // namespace tributary::event_log
