#include <boost/json.hpp>
#include <cstdio>
#include <fmt/format.h>

#include "apps/log_backend.h"
#include "apps/program.h"
#include "apps/tributary/commands.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;

/// A broker that has just been started takes its time over new topics.
constexpr std::chrono::seconds kPatience{30};

void print(const std::vector<event_log::TopicCreation>& topics, bool as_json) {
    json::array rows;
    for (const event_log::TopicCreation& topic : topics) {
        if (as_json) {
            rows.push_back(json::object{{"topic", topic.topic},
                                        {"existed", topic.existed},
                                        {"partitions", topic.partitions},
                                        {"replication", topic.replication}});
        } else {
            fmt::print("{:24} {}\n", topic.topic, topic.existed ? "was there" : "made");
        }
    }
    if (as_json) fmt::print("{}\n", json::serialize(rows));
}

/// Existing topics are left as they are; nobody should believe otherwise.
void say_what_differs(const std::vector<event_log::TopicCreation>& topics,
                      const event_log::TopicPlan& plan) {
    for (const event_log::TopicCreation& topic : topics) {
        const bool is_as_asked =
            topic.partitions == plan.partitions && topic.replication == plan.replication;
        if (!topic.existed || topic.partitions == 0 || is_as_asked) continue;
        fmt::print(stderr,
                   "{} was left as it is: partitions {} (asked for {}), replication {} (asked for "
                   "{}). Kafka's own tools change that; more partitions send keys elsewhere.\n",
                   topic.topic, topic.partitions, plan.partitions, topic.replication,
                   plan.replication);
    }
}

}  // namespace

int create_topics(const settings::Environment& environment, const TopicOptions& options) {
    const SystemClock clock;
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto catalog = load_catalog(*values);
    if (!catalog) return report_start_error(catalog.error());
    if (values->text("KAFKA_BOOTSTRAP_SERVERS").empty()) {
        fmt::print(stderr,
                   "KAFKA_BOOTSTRAP_SERVERS is not set; set it to Kafka's host:port. The embedded "
                   "log makes its topics itself.\n");
        return kExitConfiguration;
    }
    telemetry::Log log = make_log("tributary", *values, clock);
    const auto kafka = open_kafka(*values, kPatience, clock, log);
    if (!kafka) return report_start_error(kafka.error());
    event_log::TopicPlan plan;
    plan.partitions = options.partitions;
    plan.replication = options.replication;
    const auto made = (*kafka)->create_topics(topics_of(*catalog), plan);
    if (!made) {
        fmt::print(stderr, "{}\n", made.error().message);
        return made.error().code == ErrorCode::unavailable ? kExitUnavailable : kExitFailure;
    }
    print(*made, options.json);
    say_what_differs(*made, plan);
    return kExitSuccess;
}

}  // namespace tributary::apps
