#include "kibana/object_import.h"

#include <gtest/gtest.h>
#include <mutex>
#include <vector>

#include "base/manual_clock.h"
#include "http/testing.h"

namespace tributary::kibana {
namespace {

using http::testing::has;
using std::chrono::milliseconds;

constexpr const char* kObjects =
    "{\"type\":\"index-pattern\",\"id\":\"a\"}\n{\"type\":\"dashboard\",\"id\":\"b\"}\n";

/// A Kibana that gives its answers in turn, and the last one for ever.
class ObjectImportTest : public testing::Test {
protected:
    ObjectImportTest() {
        server_.handler.reply = [this](http::Request request, http::Responder responder) {
            http::Response response;
            {
                const std::scoped_lock lock(mutex_);
                requests.push_back(std::move(request));
                const auto& [status, body] = answers[std::min(requests.size(), answers.size()) - 1];
                response.status = status;
                response.body = body;
            }
            clock.advance(milliseconds(1'000));
            responder.send(std::move(response));
        };
    }
    Result<std::uint64_t> import(const std::string& objects = kObjects) {
        settings.url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/s/shop";
        return import_objects(settings, objects, clock);
    }
    void expect_refused(const char* words) {
        const auto done = import();
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::invalid_input);
        EXPECT_TRUE(has(done.error().message, words)) << done.error().message;
        EXPECT_EQ(requests.size(), 1U);
    }

    ImportSettings settings{.url = "",
                            .api_key = "",
                            .ca_file = "",
                            .patience = milliseconds(10'000),
                            .pause = milliseconds(1)};
    std::vector<std::pair<int, std::string>> answers{{200, R"({"success":true,"successCount":2})"}};
    std::vector<http::Request> requests;
    ManualClock clock;

private:
    std::mutex mutex_;
    http::testing::TestServer server_;
};

TEST_F(ObjectImportTest, SendsTheFileAsAFormThatReplacesWhatIsThere) {
    const auto imported = import();
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(*imported, 2U);
    ASSERT_EQ(requests.size(), 1U);
    const http::Request& request = requests[0];
    EXPECT_EQ(request.method + " " + request.target,
              "POST /s/shop/api/saved_objects/_import?overwrite=true");
    EXPECT_EQ(request.headers.get("kbn-xsrf"), "true");
    EXPECT_FALSE(request.headers.contains("Authorization"));
    EXPECT_EQ(request.headers.get("Content-Type"),
              "multipart/form-data; boundary=tributary-objects");
    EXPECT_EQ(request.body, std::string("--tributary-objects\r\n"
                                        "Content-Disposition: form-data; name=\"file\"; "
                                        "filename=\"objects.ndjson\"\r\n"
                                        "Content-Type: application/ndjson\r\n\r\n") +
                                kObjects + "\r\n--tributary-objects--\r\n");
}

TEST_F(ObjectImportTest, ShowsItsKey) {
    settings.api_key = "abc";
    ASSERT_TRUE(import());
    EXPECT_EQ(requests[0].headers.get("Authorization"), "ApiKey abc");
}

TEST_F(ObjectImportTest, ABoundaryNeverOccursInTheFile) {
    answers = {{200, R"({"success":true,"successCount":1})"}};
    ASSERT_TRUE(import("{\"id\":\"--tributary-objects--\"}"));
    EXPECT_EQ(requests[0].headers.get("Content-Type"),
              "multipart/form-data; boundary=tributary-objects---");
}

TEST_F(ObjectImportTest, WaitsForAKibanaThatIsNotReadyYet) {
    answers.insert(answers.begin(), {{503, "Kibana server is not ready yet"}, {502, ""}});
    const auto imported = import();
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(requests.size(), 3U);
}

TEST_F(ObjectImportTest, GivesUpInTime) {
    answers = {{503, "Kibana server is not ready yet"}};
    const auto imported = import();
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(has(imported.error().message, "503 Kibana server is not ready yet"));
    EXPECT_EQ(requests.size(), 10U);
}

TEST_F(ObjectImportTest, SaysWhoDoesNotListen) {
    settings.url = "http://127.0.0.1:1";
    settings.patience = milliseconds(0);
    const auto imported = import_objects(settings, kObjects, clock);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(has(imported.error().message, "http://127.0.0.1:1")) << imported.error().message;
}

TEST_F(ObjectImportTest, NamesTheObjectsThatWereNotTaken) {
    answers = {{200, R"({"success":false,"successCount":1,"errors":[{"type":"dashboard","id":"b",)"
                     R"("error":{"type":"missing_references","references":)"
                     R"([{"type":"lens","id":"c"}]}}]})"}};
    expect_refused(R"(dashboard b: missing_references [{"type":"lens","id":"c"}].)");
}

TEST_F(ObjectImportTest, SaysSoWhenSomeWereLeftOut) {
    answers = {{200, R"({"success":true,"successCount":1})"}};
    expect_refused("Kibana took 1 objects of the 2");
}

TEST_F(ObjectImportTest, PassesOnWhatKibanaSays) {
    answers = {{401, R"({"statusCode":401,"message":"unable to authenticate"})"}};
    expect_refused("401");
}

TEST_F(ObjectImportTest, TellsAnotherServerFromKibana) {
    answers = {{200, "<html>"}};
    expect_refused("does not answer like Kibana");
}

}  // namespace
}  // namespace tributary::kibana
