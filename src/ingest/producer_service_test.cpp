#include "ingest/producer_service.h"

#include <boost/json.hpp>
#include <future>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "ingest/running_producer.h"

namespace tributary::ingest {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr const char* kOrder = R"({"type":"order","data":{"id":10248,"total":440}})";

json::object body_of(const http::Response& response) {
    boost::system::error_code failure;
    json::value value = json::parse(response.body, failure);
    EXPECT_FALSE(failure) << response.body;
    return value.is_object() ? value.as_object() : json::object();
}

void expect_problem(const http::Response& response, int status, std::string_view type) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    const json::object problem = body_of(response);
    EXPECT_EQ(problem.at("type"), json::string_view(type.data(), type.size()));
    EXPECT_EQ(problem.at("status"), status);
    EXPECT_FALSE(problem.at("detail").as_string().empty());
}

std::string header_of(const event_log::NewRecord& record, std::string_view name) {
    for (const auto& header : record.headers) {
        if (header.name == name) return header.value;
    }
    return {};
}

/// Posts an order from a thread of its own; the answer is not expected yet.
std::future<http::Response> post_meanwhile(RunningProducer& producer) {
    return std::async(std::launch::async,
                      [&] { return producer.post(kOrder, {{"Idempotency-Key", "a1"}}); });
}

TEST(ProducerService, GivesTheReceiptThatTheLogGave) {
    RunningProducer producer;
    const auto response = producer.post(kOrder, {{"Idempotency-Key", "a1"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(response.body,
              R"({"id":"a1","type":"order","topic":"orders","partition":7,"offset":100})");
}

TEST(ProducerService, MakesAnIdWhereTheClientHasNone) {
    RunningProducer producer;
    const json::object receipt = body_of(producer.post(kOrder));
    EXPECT_EQ(receipt.at("id").as_string().size(), 36U);
    EXPECT_EQ(receipt.at("id").as_string()[14], '7');
}

TEST(ProducerService, HandsTheLogTheWholeRecord) {
    RunningProducer producer;
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    producer.post(kOrder, {{"Idempotency-Key", "a1"}, {"traceparent", trace}});
    ASSERT_EQ(producer.writer.records().size(), 1U);
    const event_log::NewRecord record = producer.writer.records().front();
    EXPECT_EQ(record.topic, "orders");
    EXPECT_EQ(record.key, "10248");
    EXPECT_EQ(record.value.find_first_of("\r\n"), std::string::npos);
    const json::object event = json::parse(record.value).as_object();
    EXPECT_EQ(event.at("specversion"), "1.0");
    EXPECT_EQ(event.at("id"), "a1");
    EXPECT_EQ(event.at("source"), "/api");
    EXPECT_EQ(event.at("subject"), "10248");
    EXPECT_EQ(event.at("data").at("total"), 440);
    EXPECT_EQ(event.at("traceparent").as_string(), trace.c_str());
    EXPECT_EQ(header_of(record, "content-type"), "application/cloudevents+json; charset=UTF-8");
    EXPECT_EQ(header_of(record, "traceparent"), trace);
    EXPECT_EQ(header_of(record, "tributary-received-at"), "2026-05-28T20:26:40.000Z");
}

TEST(ProducerService, BeginsATraceWhereTheClientHasNoValidOne) {
    RunningProducer producer;
    producer.post(kOrder);
    producer.post(kOrder, {{"traceparent", "00-zz"}});
    std::set<std::string> traces;
    for (const auto& record : producer.writer.records()) {
        const std::string trace = header_of(record, "traceparent");
        EXPECT_TRUE(tracing::is_traceparent(trace)) << trace;
        traces.insert(trace);
    }
    EXPECT_EQ(traces.size(), 2U);
}

TEST(ProducerService, FollowsSampledEventsInItsLog) {
    RunningProducer producer;
    const std::string stem = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
    producer.post(kOrder, {{"Idempotency-Key", "quiet"}, {"traceparent", stem + "00"}});
    EXPECT_TRUE(producer.log.lines({}).empty());
    producer.post(kOrder, {{"Idempotency-Key", "followed"}, {"traceparent", stem + "01"}});
    EXPECT_EQ(producer.log.lines({}).size(), 1U);
    EXPECT_EQ(producer.log
                  .lines({R"("action":"publish","id":"followed","outcome":"success")",
                          R"("kafka":{"offset":101,"partition":7,"topic":"orders"})",
                          R"("trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"})"})
                  .size(),
              1U);
}

TEST(ProducerService, FollowsWhatItRefusesAndEachItemOfABatch) {
    RunningProducer producer;
    const RunningProducer::Fields sampled{
        {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
    producer.post("{", sampled);
    EXPECT_EQ(producer.log.lines({R"("outcome":"failure")", R"("code":"400")"}).size(), 1U);
    producer.post(R"([{"type":"pear","data":{"id":1}},{"type":"order","data":{"id":2}},)"
                  R"({"type":"order","data":{"id":3}}])",
                  sampled);
    EXPECT_EQ(producer.log.lines({R"("outcome":"failure")", R"("code":"422")"}).size(), 1U);
    EXPECT_EQ(producer.log.lines({R"("outcome":"success")"}).size(), 2U);
    producer.writer.fail_all(ErrorCode::timed_out, "The broker says nothing.");
    producer.post(kOrder, {sampled[0], {"Idempotency-Key", "open"}});
    EXPECT_EQ(producer.log.lines({R"("id":"open","outcome":"unknown")"}).size(), 1U);
}

const std::string kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kClient = "00-" + kTraceId + "-00f067aa0ba902b7-01";

const tracing::Span* span_named(const std::vector<tracing::Span>& spans, std::string_view name) {
    const auto found = std::ranges::find(spans, name, &tracing::Span::name);
    return found == spans.end() ? nullptr : &*found;
}

TEST(ProducerService, SpansLinkTheClientTheRequestAndTheRecord) {
    RunningProducer producer({}, true);
    producer.post(kOrder, {{"Idempotency-Key", "a1"}, {"traceparent", kClient}});
    const auto spans = producer.spans.take(10);
    ASSERT_EQ(spans.size(), 2U);
    const auto* request = span_named(spans, "POST /produce");
    const auto* publish = span_named(spans, "publish orders");
    ASSERT_TRUE(request != nullptr && publish != nullptr);
    EXPECT_EQ(request->kind, tracing::Span::Kind::server);
    EXPECT_EQ(request->parent_id, "00f067aa0ba902b7");
    EXPECT_EQ(publish->kind, tracing::Span::Kind::producer);
    EXPECT_EQ(publish->parent_id, request->context.span_id);
    EXPECT_EQ(publish->context.trace_id, kTraceId);
    EXPECT_EQ(publish->failure, "");
    // The event keeps its client's; the record goes on from the span that wrote it.
    const event_log::NewRecord record = producer.writer.records().at(0);
    EXPECT_EQ(header_of(record, "traceparent"), publish->context.traceparent());
    EXPECT_EQ(json::parse(record.value).at("traceparent").as_string(), kClient.c_str());
}

TEST(ProducerService, ABatchHasOneSpanForEachTraceAndTopic) {
    RunningProducer producer({}, true);
    const std::string other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const std::string quiet = "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00";
    const auto event = [](const char* type, const std::string& traceparent) {
        return R"({"specversion":"1.0","source":"/s","id":")" + std::string(type) +
               traceparent.substr(3, 32) + R"(","type":")" + type + R"(","traceparent":")" +
               traceparent + R"(","data":{"id":1}})";
    };
    const std::string order = R"({"type":"order","data":{"id":2}})";
    const auto response =
        producer.post("[" + order + "," + order + "," + event("order", other) + "," +
                          event("product", other) + "," + event("order", quiet) + "]",
                      {{"traceparent", kClient}});
    EXPECT_EQ(response.status, 200) << response.body;
    const auto spans = producer.spans.take(10);
    ASSERT_EQ(spans.size(), 4U);  // The request, and three to publish.
    const auto* request = span_named(spans, "POST /produce");
    ASSERT_NE(request, nullptr);
    for (const tracing::Span& span : spans) {
        if (&span == request) continue;
        const bool is_of_request = span.context.trace_id == kTraceId;
        EXPECT_EQ(span.parent_id, is_of_request ? request->context.span_id : "b7ad6b7169203331");
    }
    EXPECT_EQ(header_of(producer.writer.records().at(4), "traceparent"), quiet);
}

TEST(ProducerService, SpansSayWhatFailed) {
    RunningProducer producer({}, true);
    producer.writer.fail_all(ErrorCode::unavailable, "No broker answers.");
    producer.post(kOrder, {{"traceparent", kClient}});
    const auto spans = producer.spans.take(10);
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(span_named(spans, "POST /produce")->failure, "503");
    EXPECT_EQ(span_named(spans, "publish orders")->failure, "unavailable");
}

TEST(ProducerService, ReadsACloudEventInBinaryMode) {
    RunningProducer producer;
    const auto response = producer.post(R"({"id":1,"name":"Chai"})",
                                        {{"Content-Type", "application/json"},
                                         {"ce-specversion", "1.0"},
                                         {"CE-Id", "b1"},
                                         {"ce-type", "product"},
                                         {"ce-source", "https://shop.example/products"}});
    EXPECT_EQ(response.status, 200) << response.body;
    const json::object event = json::parse(producer.writer.records().at(0).value).as_object();
    EXPECT_EQ(event.at("id"), "b1");
    EXPECT_EQ(event.at("source"), "https://shop.example/products");
}

TEST(ProducerService, GivesReceiptsInTheOrderOfTheBatch) {
    RunningProducer producer;
    const auto response =
        producer.post(R"([{"type":"order","data":{"id":1}},{"type":"product","data":{"id":2}}])");
    EXPECT_EQ(response.status, 200) << response.body;
    const json::object body = body_of(response);
    EXPECT_EQ(body.at("receipts").at(0).at("type"), "order");
    EXPECT_EQ(body.at("receipts").at(0).at("offset"), 100);
    EXPECT_EQ(body.at("receipts").at(1).at("type"), "product");
    EXPECT_EQ(body.at("receipts").at(1).at("offset"), 101);
}

TEST(ProducerService, AcceptsTheValidItemsOfABatchThatHasInvalidOnes) {
    RunningProducer producer;
    const auto response =
        producer.post(R"([{"type":"invoice","data":{"id":1}},{"type":"order","data":{"id":2}}])");
    EXPECT_EQ(response.status, 207) << response.body;
    const json::object body = body_of(response);
    EXPECT_EQ(body.at("results").at(0).at("status"), 422);
    EXPECT_EQ(body.at("results").at(1).at("offset"), 100);
    EXPECT_EQ(producer.writer.records().size(), 1U);
}

TEST(ProducerService, AnswersOnlyWhenTheLogHasConfirmed) {
    RunningProducer producer;
    producer.writer.hold();
    auto answer = post_meanwhile(producer);
    ASSERT_TRUE(eventually([&] { return producer.writer.held() == 1; }));
    EXPECT_EQ(answer.wait_for(100ms), std::future_status::timeout);
    producer.writer.release();
    EXPECT_EQ(answer.get().status, 200);
}

TEST(ProducerService, TellsWhatTheLogRefused) {
    struct Row {
        ErrorCode code;
        int status;
        const char* type;
        bool says_when;
    };
    const Row rows[] = {
        {ErrorCode::retry_later, 503, "/problems/overloaded", true},
        {ErrorCode::unavailable, 503, "/problems/log-unavailable", true},
        {ErrorCode::shutting_down, 503, "/problems/shutting-down", true},
        {ErrorCode::not_found, 503, "/problems/topic-missing", true},
        {ErrorCode::invalid_input, 413, "/problems/event-too-large", false},
        {ErrorCode::timed_out, 504, "/problems/fate-unknown", false},
        {ErrorCode::internal, 500, "/problems/internal", false},
    };
    RunningProducer producer;
    producer.writer.set_expected_wait(2'500ms);
    for (const Row& row : rows) {
        producer.writer.fail_all(row.code, "The log said no.");
        const auto response = producer.post(kOrder, {{"Idempotency-Key", "a1"}});
        expect_problem(response, row.status, row.type);
        EXPECT_EQ(body_of(response).at("id"), "a1");
        EXPECT_EQ(response.headers.get("Retry-After"), row.says_when ? "3" : "") << row.type;
    }
}

TEST(ProducerService, SaysThatTheFateIsUnknownWhenTheLogNeverAnswers) {
    RunningProducer producer;
    producer.writer.hold();
    auto answer = post_meanwhile(producer);
    ASSERT_TRUE(eventually([&] { return producer.writer.held() == 1; }));
    producer.clock.advance(20s);
    const auto response = answer.get();
    expect_problem(response, 504, "/problems/fate-unknown");
    EXPECT_EQ(body_of(response).at("fate"), "unknown");
    EXPECT_EQ(body_of(response).at("id"), "a1");
    producer.writer.release();
    EXPECT_NE(producer.get("/metrics")
                  .body.find(R"(tributary_late_outcomes_total{outcome="accepted"} 1)"),
              std::string::npos);
}

TEST(ProducerService, RefusesEventsWhileDrainingButAnswersThoseItHas) {
    RunningProducer producer;
    producer.writer.hold();
    auto begun_before = post_meanwhile(producer);
    ASSERT_TRUE(eventually([&] { return producer.writer.held() == 1; }));
    producer.service.begin_drain();
    const auto refused = producer.post(kOrder, {{"Idempotency-Key", "a2"}});
    expect_problem(refused, 503, "/problems/shutting-down");
    EXPECT_EQ(body_of(refused).at("id"), "a2");
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    expect_problem(producer.get("/ready"), 503, "/problems/not-ready");
    EXPECT_EQ(producer.get("/health").status, 200);
    producer.writer.release();
    EXPECT_EQ(begun_before.get().status, 200);
}

TEST(ProducerService, IsReadyAsLongAsTheLogIs) {
    RunningProducer producer;
    EXPECT_EQ(producer.get("/ready").status, 200);
    producer.writer.set_ready(fail(ErrorCode::unavailable, "No broker answers at kafka:9092."));
    const auto response = producer.get("/ready");
    expect_problem(response, 503, "/problems/not-ready");
    EXPECT_EQ(body_of(response).at("detail"), "No broker answers at kafka:9092.");
    EXPECT_NE(producer.get("/metrics").body.find("\ntributary_ready 0\n"), std::string::npos);
    EXPECT_EQ(producer.get("/health").status, 200);
}

IngestSettings settings_with_callers(const char* callers) {
    IngestSettings settings;
    settings.callers = parse_callers(callers, event::Catalog::built_in()).value();
    return settings;
}

TEST(ProducerService, KnowsItsCallers) {
    RunningProducer producer(settings_with_callers("shop=alpha,lab[order]=beta"));
    const auto nobody = producer.post(kOrder);
    expect_problem(nobody, 401, "/problems/unauthorized");
    EXPECT_TRUE(nobody.headers.get("WWW-Authenticate").starts_with("Bearer"));
    expect_problem(producer.post(kOrder, {{"Authorization", "Bearer alph"}}), 401,
                   "/problems/unauthorized");
    EXPECT_EQ(producer.post(kOrder, {{"Authorization", "Bearer alpha"}}).status, 200);
    const json::object event = json::parse(producer.writer.records().at(0).value).as_object();
    EXPECT_EQ(event.at("source"), "/api/shop");
    EXPECT_EQ(producer.get("/health").status, 200);
}

TEST(ProducerService, TakesNoEventFromAForeignPage) {
    RunningProducer producer;
    for (const RunningProducer::Fields& page : std::vector<RunningProducer::Fields>{
             {{"Origin", "https://evil.example"}, {"Content-Type", "text/plain"}},
             {{"Origin", "null"}, {"Content-Type", "application/json"}},
             {{"Origin", "http://127.0.0.1:1"}},
             {{"Sec-Fetch-Site", "cross-site"}}}) {
        RunningProducer::Fields fields = page;
        fields.emplace_back("Idempotency-Key", "a1");
        const auto refused = producer.post(kOrder, fields);
        expect_problem(refused, 403, "/problems/foreign-page");
        EXPECT_EQ(body_of(refused).at("id"), "a1");
        EXPECT_EQ(body_of(producer.post(kOrder, page)).at("id").as_string().size(), 36U);
    }
    EXPECT_TRUE(producer.writer.records().empty());
}

TEST(ProducerService, TakesEventsFromItsOwnPageAndFromPrograms) {
    RunningProducer producer;
    EXPECT_EQ(producer
                  .post(kOrder, {{"Host", "events.example:8081"},
                                 {"Origin", "https://Events.example:8081"},
                                 {"Sec-Fetch-Site", "same-origin"},
                                 {"Content-Type", "application/json"}})
                  .status,
              200);
    EXPECT_EQ(producer.post(kOrder, {{"Host", "producer.events.svc"}}).status, 200);
    EXPECT_EQ(producer.post(kOrder).status, 200);
}

TEST(ProducerService, TakesNoEventFromAPageThatCallsItByAStrangeName) {
    IngestSettings settings;
    settings.page_hosts = {"Events.example"};
    RunningProducer producer(settings);
    const auto page_of = [&](const std::string& host) {
        return producer.post(kOrder, {{"Host", host}, {"Origin", "http://" + host}});
    };
    const auto refused = page_of("rebound.example:8081");
    expect_problem(refused, 403, "/problems/unknown-host");
    EXPECT_TRUE(body_of(refused).contains("id"));
    for (const char* host : {"events.example:8081", "localhost:8081", "127.0.0.1:8081"}) {
        EXPECT_EQ(page_of(host).status, 200) << host;
    }
    EXPECT_EQ(producer.post(kOrder, {{"Host", "producer"}}).status, 200);
}

TEST(ProducerService, LetsACallerSendItsTypesOnly) {
    RunningProducer producer(settings_with_callers("lab[order]=beta"));
    const RunningProducer::Fields lab{{"Authorization", "Bearer beta"}, {"Idempotency-Key", "a1"}};
    const auto refused = producer.post(R"({"type":"product","data":{"id":1}})", lab);
    expect_problem(refused, 403, "/problems/forbidden-type");
    EXPECT_EQ(body_of(refused).at("id"), "a1");
    const auto mixed = producer.post(
        R"([{"type":"product","data":{"id":1}},{"type":"order","data":{"id":1}}])", lab);
    EXPECT_EQ(mixed.status, 207);
    EXPECT_EQ(body_of(mixed).at("results").at(0).at("status"), 403);
    EXPECT_EQ(producer.writer.records().size(), 1U);
}

TEST(ProducerService, HoldsEachCallerToItsQuota) {
    auto settings = settings_with_callers("shop=alpha,lab=beta");
    settings.quota.events_per_second = 2;
    RunningProducer producer(settings);
    const auto post_as = [&](const std::string& token) {
        return producer.post(kOrder,
                             {{"Authorization", "Bearer " + token}, {"Idempotency-Key", "a1"}});
    };
    EXPECT_EQ(post_as("alpha").status, 200);
    EXPECT_EQ(post_as("alpha").status, 200);
    const auto refused = post_as("alpha");
    expect_problem(refused, 429, "/problems/over-quota");
    EXPECT_EQ(body_of(refused).at("id"), "a1");
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    EXPECT_EQ(post_as("beta").status, 200);
    producer.clock.advance(1s);
    EXPECT_EQ(post_as("alpha").status, 200);
}

TEST(ProducerService, AnswersProblemsInItsOwnWordsWhereTheServerRefuses) {
    IngestSettings settings;
    settings.max_body_bytes = 1'000;
    RunningProducer producer(settings);
    const auto response = producer.post(std::string(1'001, ' '));
    expect_problem(response, 413, "/problems/body-too-large");
    EXPECT_TRUE(body_of(response).contains("id"));
    EXPECT_EQ(body_of(response).at("retry_safe"), false);
}

TEST(ProducerService, SaysWhichMethodsAPathAllows) {
    RunningProducer producer;
    const auto response = producer.get("/produce");
    expect_problem(response, 405, "/problems/method-not-allowed");
    EXPECT_EQ(response.headers.get("Allow"), "POST");
    EXPECT_EQ(producer.send("POST", "/health").headers.get("Allow"), "GET, HEAD");
    EXPECT_EQ(producer.send("HEAD", "/health").status, 200);
    expect_problem(producer.get("/"), 404, "/problems/not-found");
}

TEST(ProducerService, ServesADocumentationPageThatNeedsNothingFromElsewhere) {
    RunningProducer producer;
    const auto page = producer.get("/docs");
    EXPECT_EQ(page.status, 200);
    const std::string policy(page.headers.get("Content-Security-Policy"));
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self';")) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    for (const char* inline_code : {"<style", "style=", " onclick", "://", "<script>"}) {
        EXPECT_EQ(page.body.find(inline_code), std::string::npos) << inline_code;
    }
    EXPECT_NE(page.body.find("/docs/docs.js"), std::string::npos);
    EXPECT_NE(page.body.find("/docs/docs.css"), std::string::npos);
    EXPECT_TRUE(
        producer.get("/docs/docs.js").headers.get("Content-Type").starts_with("text/javascript"));
    EXPECT_FALSE(producer.get("/docs/docs.css").body.empty());
}

TEST(ProducerService, CountsRequestsAndEvents) {
    IngestSettings settings;
    settings.version = "1.2.3";
    RunningProducer producer(settings);
    producer.post(kOrder);
    producer.post(R"([{"type":"order","data":{"id":1}},{"type":"invoice","data":{"id":1}}])");
    producer.post("{");
    producer.get("/nowhere");
    const std::string text = producer.get("/metrics").body;
    for (
        const char* line : {
            R"(tributary_http_requests_total{method="POST",route="/produce",status_class="2xx"} 2)",
            R"(tributary_http_requests_total{method="POST",route="/produce",status_class="4xx"} 1)",
            R"(tributary_http_requests_total{method="GET",route="other",status_class="4xx"} 1)",
            R"(tributary_http_request_duration_seconds_count{route="/produce"} 3)",
            R"(tributary_events_accepted_total{type="order"} 2)",
            R"(tributary_events_accepted_total{type="supplier"} 0)",
            R"(tributary_events_rejected_total{reason="invalid-event"} 1)",
            R"(tributary_events_rejected_total{reason="malformed"} 1)",
            R"(tributary_events_rejected_total{reason="fate-unknown"} 0)",
            R"(tributary_queue_bytes 4711)",
            R"(tributary_delivery_seconds_count 2)",
            R"(tributary_build_info{version="1.2.3"} 1)",
            "tributary_ready 1",
        }) {
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    }
}

}  // namespace
}  // namespace tributary::ingest
