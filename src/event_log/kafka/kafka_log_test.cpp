#include "event_log/kafka/kafka_log.h"

#include <array>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "event_log/kafka/mock_kafka.h"

namespace tributary::event_log {
namespace {

using kafka::MockKafka;

class Kafka : public testing::Test {
protected:
    Result<std::unique_ptr<KafkaLog>> open_with(const std::string& property,
                                                const std::string& value) {
        auto settings = kafka_.settings();
        settings.properties[property] = value;
        return KafkaLog::open(std::move(settings), clock_);
    }
    std::string complaint_about(const std::string& property, const std::string& value) {
        const auto log = open_with(property, value);
        EXPECT_FALSE(log) << property;
        if (log) return {};
        EXPECT_EQ(log.error().code, ErrorCode::invalid_input);
        return log.error().message;
    }

    MockKafka kafka_;
    SystemClock clock_;
};

TEST_F(Kafka, PassesPropertiesOn) {
    for (const auto& [property, value] :
         std::map<std::string, std::string>{{"compression.type", "zstd"},
                                            {"session.timeout.ms", "20000"},
                                            {"max.in.flight", "3"},
                                            {"client.id", "mine"},
                                            {"security.protocol", "ssl"},
                                            {"ssl.endpoint.identification.algorithm", "https"}}) {
        const auto log = open_with(property, value);
        EXPECT_TRUE(log) << log.error().message;
    }
}

TEST_F(Kafka, TakesSaslWithPasswords) {
    for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
        auto settings = kafka_.settings();
        settings.properties = {{"security.protocol", "sasl_ssl"},
                               {"sasl.mechanism", mechanism},
                               {"sasl.username", "u"},
                               {"sasl.password", "p"}};
        const auto log = KafkaLog::open(std::move(settings), clock_);
        EXPECT_TRUE(log) << log.error().message;
    }
}

TEST_F(Kafka, RefusesWhatItsGuaranteesRestOn) {
    for (const auto& [property, value] :
         std::map<std::string, std::string>{{"acks", "1"},
                                            {"request.required.acks", "1"},
                                            {"enable.idempotence", "false"},
                                            {"enable.auto.commit", "true"},
                                            {"enable.auto.offset.store", "true"},
                                            {"auto.offset.reset", "latest"},
                                            {"partition.assignment.strategy", "range"},
                                            {"max.in.flight", "6"},
                                            {"max.in.flight.requests.per.connection", "1000000"},
                                            {"group.id", "other"}}) {
        EXPECT_NE(complaint_about(property, value).find(property), std::string::npos) << property;
    }
}

TEST_F(Kafka, NamesAPropertyThatDoesNotExistOrMakesNoSense) {
    EXPECT_NE(complaint_about("compresion.type", "zstd").find("compresion.type"),
              std::string::npos);
    EXPECT_NE(complaint_about("socket.timeout.ms", "soon").find("socket.timeout.ms"),
              std::string::npos);
    auto settings = kafka_.settings();
    settings.properties = {{"security.protocol", "ssl"}, {"ssl.ca.location", "/nowhere/ca.pem"}};
    const auto log = KafkaLog::open(std::move(settings), clock_);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::invalid_input);
}

TEST_F(Kafka, WantsABroker) {
    EXPECT_FALSE(KafkaLog::open({}, clock_));
}

TEST_F(Kafka, KnowsItsLibrarysVersion) {
    EXPECT_GE(KafkaLog::library_version(), "2.0.2");
}

TEST_F(Kafka, TellsTheRangeOfAnEmptyPartition) {
    const auto log = KafkaLog::open(kafka_.settings(), clock_);
    ASSERT_TRUE(log);
    const auto range = (*log)->make_inspector()->range({"orders", 0});
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->first, 0);
    EXPECT_EQ(range->end, 0);
}

TEST_F(Kafka, SaysInTimeThatARangeIsUnknownThoughTheLeaderKeepsSilent) {
    auto settings = kafka_.settings();
    settings.properties["socket.timeout.ms"] = "300000";  // Nothing else ends the question.
    const auto log = KafkaLog::open(std::move(settings), clock_);
    ASSERT_TRUE(log);
    const auto inspector = (*log)->make_inspector();
    kafka_.delay_offsets(2 * kafka::kPatience, 2);
    auto range = std::async(std::launch::async, [&] { return inspector->range({"orders", 0}); });
    ASSERT_EQ(range.wait_for(kafka::kPatience), std::future_status::ready);
    const auto answer = range.get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST_F(Kafka, ItsEngineIsTheClientAndHowManyBrokersThereAre) {
    const auto log = KafkaLog::open(kafka_.settings(), clock_);
    ASSERT_TRUE(log) << log.error().message;
    const auto engine = (*log)->make_inspector()->engine();
    ASSERT_TRUE(engine) << engine.error().message;
    EXPECT_EQ(*engine, "client librdkafka " + KafkaLog::library_version() + ", 1 broker");
}

TEST_F(Kafka, EveryClientHasAnIdOfItsOwn) {
    std::array<std::string, 2> ids;
    for (auto& id : ids) {
        const auto configuration = kafka::reader_configuration(kafka_.settings(), "group");
        ASSERT_TRUE(configuration);
        std::array<char, 512> value{};
        std::size_t size = value.size();
        rd_kafka_conf_get(configuration->get(), "client.id", value.data(), &size);
        id = value.data();
        EXPECT_TRUE(id.starts_with("tributary-")) << id;
    }
    EXPECT_NE(ids[0], ids[1]);
}

}  // namespace
}  // namespace tributary::event_log
