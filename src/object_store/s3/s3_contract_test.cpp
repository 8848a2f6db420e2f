#include <atomic>
#include <cstdlib>
#include <unistd.h>

#include "object_store/contract/contract_suite.h"
#include "object_store/s3/fake_s3.h"
#include "object_store/s3/s3_store.h"

/// The contract on our own stand-in, and on a real server where TRIBUTARY_TEST_S3 names one
/// (`http://127.0.0.1:9000`; keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).
namespace tributary::object_store {
namespace {

std::string variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
}

/// All that a store needs to live.
struct Environment {
    explicit Environment(aws::CredentialSettings settings)
        : credentials(std::move(settings), clock) {}

    SystemClock clock;
    aws::CurrentTrace trace;
    aws::CredentialSource credentials;
    std::unique_ptr<FakeS3> fake;
    std::unique_ptr<aws::ServiceClient> client;
};

StoreUnderTest store_in(const std::shared_ptr<Environment>& environment, const http::Url& endpoint,
                        const std::string& bucket) {
    aws::ServiceSettings settings;
    settings.scope = {"eu-central-1", "s3"};
    environment->client = std::make_unique<aws::ServiceClient>(
        settings, environment->credentials, environment->trace, environment->clock);
    auto store = std::make_unique<S3Store>(*environment->client, S3Settings{endpoint});
    return {environment, std::move(store), bucket};
}

StoreUnderTest fake_store() {
    const aws::Credentials credentials{"id", "secret", "session"};
    auto environment =
        std::make_shared<Environment>(aws::CredentialSettings{credentials, "", "", ""});
    environment->fake = std::make_unique<FakeS3>("bucket", credentials);
    return store_in(environment, environment->fake->url(), "bucket");
}

/// A new bucket of a real server, for every test.
StoreUnderTest real_store() {
    static std::atomic<int> number = 0;
    auto environment =
        std::make_shared<Environment>(aws::CredentialSettings::from_environment(variable));
    const std::string bucket = fmt::format("contract-{}-{}", ::getpid(), number++);
    auto made = store_in(environment, *http::Url::parse(variable("TRIBUTARY_TEST_S3")), bucket);
    http::Request request;
    request.method = "PUT";
    request.target = "/" + bucket;
    const auto answer =
        environment->client->send(*http::Url::parse(variable("TRIBUTARY_TEST_S3")), request);
    EXPECT_TRUE(answer && answer->status == 200) << "The bucket could not be made.";
    return made;
}

std::vector<StoreFactory> factories() {
    std::vector<StoreFactory> found{{"Fake", fake_store}};
    if (!variable("TRIBUTARY_TEST_S3").empty()) found.push_back({"Real", real_store});
    return found;
}

INSTANTIATE_TEST_SUITE_P(S3, ObjectStoreContract, ::testing::ValuesIn(factories()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace tributary::object_store
