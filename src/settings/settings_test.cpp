#include "settings/settings.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <set>

namespace tributary::settings {
namespace {

TEST(Settings, DefaultsAreValidAndSaySo) {
    const auto settings = Settings::load({});
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->text("KAFKA_GROUP_ID"), "tributary");
    EXPECT_EQ(settings->value("KAFKA_GROUP_ID").origin, "default");
    EXPECT_EQ(settings->integer("MAX_BODY_BYTES"), 10 << 20);
    EXPECT_EQ(settings->duration("PRODUCER_ANSWER_TIMEOUT"), std::chrono::seconds(20));
}

TEST(Settings, NamesAreUniqueAndEveryRowIsDescribed) {
    std::set<std::string_view> names;
    for (const Setting& setting : table()) {
        EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
        EXPECT_FALSE(setting.help.empty()) << setting.name;
        EXPECT_FALSE(setting.programs.empty()) << setting.name;
    }
}

TEST(Settings, ReportsEveryBadValueWithWhatIsAllowed) {
    const auto settings = Settings::load({{"PORT", "70000"},
                                          {"LOG_LEVEL", "loud"},
                                          {"MAX_BODY_BYTES", "10MB"},
                                          {"PRODUCER_URL", "localhost"},
                                          {"DRAIN_TIMEOUT", "-1s"}});
    ASSERT_FALSE(settings.has_value());
    const std::string& message = settings.error().message;
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 4);
    for (const char* words :
         {"PORT: \"70000\" is not a whole number from 0 to 65535.",
          "LOG_LEVEL: \"loud\" is not one of debug|info|warn|error.",
          "MAX_BODY_BYTES: \"10MB\" is not a whole number from 1KiB to 1GiB. Units: B, KiB",
          "PRODUCER_URL: \"localhost\" is no URL", "DRAIN_TIMEOUT: \"-1s\" is not"}) {
        EXPECT_NE(message.find(words), std::string::npos) << words << "\nin\n" << message;
    }
}

TEST(Settings, AnAddressToListenOnIsAnIpAddress) {
    for (const char* good : {"127.0.0.2", "0.0.0.0", "::", "::1", "fe80::1"}) {
        EXPECT_TRUE(Settings::load({{"LISTEN_ADDRESS", good}})) << good;
    }
    for (const char* bad : {"localhost", "127.0.0.1:80", "[::1]", "127.1", "x"}) {
        const auto settings = Settings::load({{"LISTEN_ADDRESS", bad}});
        ASSERT_FALSE(settings) << bad;
        EXPECT_NE(settings.error().message.find("is no IP address"), std::string::npos);
    }
}

TEST(Settings, RefusesUnknownNamesUnderOurPrefixes) {
    for (const char* name : {"TRIBUTARY_X", "ELASTICSEARCH_URI", "PRODUCER_TOKENS"}) {
        const auto settings = Settings::load({{name, "1"}});
        ASSERT_FALSE(settings.has_value()) << name;
        EXPECT_NE(settings.error().message.find("there is no such setting"), std::string::npos);
    }
    const auto settings = Settings::load({{"ELASTICSEARCH_URI", "1"}});
    EXPECT_NE(settings.error().message.find("ELASTICSEARCH_API_KEY"), std::string::npos);
}

TEST(Settings, IgnoresWhatIsForeignAndWhatKubernetesInjects) {
    const auto settings = Settings::load({{"PATH", "/bin"},
                                          {"PRODUCER_SERVICE_HOST", "10.0.0.1"},
                                          {"PRODUCER_SERVICE_PORT", "8081"},
                                          {"PRODUCER_SERVICE_PORT_HTTP", "8081"},
                                          {"PRODUCER_PORT", "tcp://10.0.0.1:8081"},
                                          {"PRODUCER_PORT_8081_TCP", "tcp://10.0.0.1:8081"},
                                          {"PRODUCER_PORT_8081_TCP_ADDR", "10.0.0.1"},
                                          {"ELASTICSEARCH_PORT", "tcp://10.0.0.2:9200"}});
    EXPECT_TRUE(settings.has_value()) << settings.error().message;
}

TEST(Settings, PassesKafkaPropertiesOnButKeepsItsOwn) {
    const auto settings =
        Settings::load({{"KAFKA_SASL_USERNAME", "u"}, {"KAFKA_BOOTSTRAP_SERVERS", "a:1"}});
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->kafka_properties().at("sasl.username"), "u");
    EXPECT_EQ(settings->kafka_properties().size(), 1U);
    const auto refused = Settings::load({{"KAFKA_ACKS", "1"}});
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().message.find("not yours to set"), std::string::npos);
}

TEST(Settings, ListsLeaveOutSpacesAndEmptyEntries) {
    const auto settings =
        Settings::load({{"CONSOLE_ALLOWED_HOSTS", " a.example, ,b.example:80,,"}});
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->list("CONSOLE_ALLOWED_HOSTS"),
              (std::vector<std::string>{"a.example", "b.example:80"}));
    EXPECT_TRUE(Settings::load({})->list("CONSOLE_ALLOWED_HOSTS").empty());
}

TEST(Settings, ReadsSecretsFromFilesAndNeverShowsThem) {
    const std::string path = testing::TempDir() + "tributary_secret_test";
    std::ofstream(path) << "s3cret\n";
    const auto settings = Settings::load({{"PRODUCER_TOKEN_FILE", path}});
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->text("PRODUCER_TOKEN"), "s3cret");
    EXPECT_EQ(settings->value("PRODUCER_TOKEN").origin, "file " + path);
    EXPECT_FALSE(
        Settings::load({{"PRODUCER_TOKEN_FILE", path}, {"PRODUCER_TOKEN", "x"}}).has_value());
    std::remove(path.c_str());
    const auto missing = Settings::load({{"PRODUCER_TOKEN_FILE", path}});
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().message.find("cannot read the file"), std::string::npos);
    const auto directory = Settings::load({{"PRODUCER_TOKEN_FILE", testing::TempDir()}});
    ASSERT_FALSE(directory.has_value());
    EXPECT_NE(directory.error().message.find("Is a directory"), std::string::npos);
}

TEST(Settings, DeadlinesNest) {
    const auto settings = Settings::load({});
    ASSERT_TRUE(settings.has_value());
    const auto lambda = settings->duration("LAMBDA_API_TIMEOUT");
    const auto request = settings->duration("PRODUCER_REQUEST_TIMEOUT");
    const auto answer = settings->duration("PRODUCER_ANSWER_TIMEOUT");
    const auto delivery = settings->duration("DELIVERY_TIMEOUT");
    EXPECT_GT(std::chrono::seconds(29), lambda);
    EXPECT_GT(lambda, request);
    EXPECT_GT(request, answer);
    EXPECT_GT(answer, delivery);
}

}  // namespace
}  // namespace tributary::settings
