#include <boost/json.hpp>
#include <cctype>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "ingest/embedded_files.h"
#include "ingest/routes.h"
#include "ingest/running_producer.h"
#include "receipt/receipt.h"

namespace tributary::ingest {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string text_of(const json::value& value) {
    return std::string(value.as_string());
}

json::object document() {
    const std::string_view text = embedded_file("openapi.json");
    return json::parse(json::string_view(text.data(), text.size())).as_object();
}

const json::object& produce_of(const json::object& spec) {
    return spec.at("paths").at("/produce").at("post").as_object();
}

/// `status content-type` of everything that an operation may answer.
std::set<std::string> documented_answers(const json::object& operation) {
    std::set<std::string> answers;
    for (const auto& status : operation.at("responses").as_object()) {
        for (const auto& content : status.value().at("content").as_object()) {
            answers.insert(std::string(status.key()) + " " + std::string(content.key()));
        }
    }
    return answers;
}

std::string seen(const http::Response& response) {
    const std::string_view type = response.headers.get("Content-Type");
    return std::to_string(response.status) + " " + std::string(type.substr(0, type.find(';')));
}

TEST(OpenApi, HasExactlyThePathsAndMethodsThatAreServed) {
    const json::object spec = document();
    std::set<std::string> documented;
    for (const auto& path : spec.at("paths").as_object()) {
        const Route* route = find_route(std::string(path.key()));
        ASSERT_NE(route, nullptr) << path.key();
        for (const auto& method : path.value().as_object()) {
            std::string upper(method.key());
            for (char& c : upper) c = static_cast<char>(std::toupper(c));
            EXPECT_TRUE(allows(*route, upper)) << upper << " " << path.key();
        }
        documented.insert(std::string(path.key()));
    }
    for (const Route& route : routes()) {
        const bool is_part_of_page = route.path.starts_with("/docs/");
        EXPECT_TRUE(is_part_of_page || documented.contains(std::string(route.path))) << route.path;
    }
}

TEST(OpenApi, HasRequestExamplesThatAreAccepted) {
    RunningProducer producer;
    int examples = 0;
    const json::object spec = document();
    for (const auto& content : produce_of(spec).at("requestBody").at("content").as_object()) {
        for (const auto& example : content.value().at("examples").as_object()) {
            const json::value& value = example.value().at("value");
            const std::string body = value.is_string() ? text_of(value) : json::serialize(value);
            const auto response =
                producer.post(body, {{"Content-Type", std::string(content.key())}});
            EXPECT_EQ(response.status, 200) << example.key() << ": " << response.body;
            ++examples;
        }
    }
    EXPECT_GE(examples, 7);
}

TEST(OpenApi, HasAnswerExamplesThatClientsCanRead) {
    const json::object spec = document();
    for (const auto& status : produce_of(spec).at("responses").as_object()) {
        for (const auto& content : status.value().at("content").as_object()) {
            for (const auto& example : content.value().at("examples").as_object()) {
                const json::object& body = example.value().at("value").as_object();
                std::size_t events = 1;
                for (const char* list : {"receipts", "results"}) {
                    if (body.contains(list)) events = body.at(list).as_array().size();
                }
                const auto parsed = receipt::parse(std::stoi(std::string(status.key())),
                                                   json::serialize(body), events);
                EXPECT_TRUE(parsed.has_value()) << example.key() << ": " << parsed.error().message;
            }
        }
    }
}

/// Every way for /produce to answer but 429; the server's own refusals are asked for directly.
std::set<std::string> answers_of_produce() {
    IngestSettings settings;
    settings.max_body_bytes = 1'000;
    settings.callers =
        parse_callers("shop=alpha,lab[order]=beta", event::Catalog::built_in()).value();
    RunningProducer producer(settings);
    std::set<std::string> answers;
    const auto post = [&](const std::string& body, const std::string& type = "application/json",
                          const std::string& token = "alpha") {
        answers.insert(seen(
            producer.post(body, {{"Content-Type", type}, {"Authorization", "Bearer " + token}})));
    };
    const std::string order = R"({"type":"order","data":{"id":1}})";
    const std::string invoice = R"({"type":"invoice","data":{"id":1}})";
    post(order);
    post("[" + order + "," + invoice + "]");
    post("{");
    post(order, "application/json", "wrong");
    post(R"({"type":"product","data":{"id":1}})", "application/json", "beta");
    post(std::string(1'001, ' '));
    post(order, "text/xml");
    post(invoice);
    producer.writer.fail_all(ErrorCode::unavailable, "No broker.");
    post(order);
    producer.writer.fail_all(ErrorCode::timed_out, "Nobody knows.");
    post(order);
    producer.writer.fail_all(ErrorCode::internal, "A bug.");
    post(order);
    answers.insert(seen(producer.service.on_error(408, "The body came too slowly.")));
    answers.insert(seen(producer.service.on_error(431, "The header is too large.")));
    return answers;
}

TEST(OpenApi, DocumentsEveryStatusAndContentTypeOfProduceAndNoOther) {
    auto answers = answers_of_produce();
    IngestSettings settings;
    settings.quota.events_per_second = 1;
    RunningProducer limited(settings);
    const std::string order = R"({"type":"order","data":{"id":1}})";
    limited.post(order);
    answers.insert(seen(limited.post(order)));
    const json::object spec = document();
    EXPECT_EQ(answers, documented_answers(produce_of(spec)));
}

TEST(OpenApi, DocumentsTheAnswersOfTheOtherPaths) {
    RunningProducer producer;
    const json::object spec = document();
    for (const auto& path : spec.at("paths").as_object()) {
        const std::string name(path.key());
        if (name == "/produce") continue;
        producer.writer.set_ready({});
        std::set<std::string> answers{seen(producer.get(name))};
        producer.writer.set_ready(fail(ErrorCode::unavailable, "No broker."));
        answers.insert(seen(producer.get(name)));
        EXPECT_EQ(answers, documented_answers(path.value().at("get").as_object())) << name;
    }
}

void collect_references(const json::value& value, std::set<std::string>& references) {
    if (value.is_array()) {
        for (const auto& item : value.as_array()) collect_references(item, references);
    } else if (value.is_object()) {
        for (const auto& member : value.as_object()) {
            if (member.key() == "$ref") references.insert(text_of(member.value()));
            collect_references(member.value(), references);
        }
    }
}

TEST(OpenApi, HasNoReferenceThatLeadsNowhere) {
    const json::value spec = document();
    std::set<std::string> references;
    collect_references(spec, references);
    EXPECT_GE(references.size(), 15U);
    for (const std::string& reference : references) {
        boost::system::error_code failure;
        EXPECT_NE(spec.find_pointer(reference.substr(1), failure), nullptr) << reference;
    }
}

}  // namespace
}  // namespace tributary::ingest
