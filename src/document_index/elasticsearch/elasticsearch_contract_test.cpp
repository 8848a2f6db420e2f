#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "document_index/contract/contract_suite.h"
#include "document_index/elasticsearch/elasticsearch_index.h"
#include "http/client.h"

/// The contract on a real server: TRIBUTARY_TEST_ELASTICSEARCH=http://127.0.0.1:9200 names it. Its
/// `dead-letters-index` is emptied, so let it be one for tests only.
namespace tributary::document_index {
namespace {

using namespace std::chrono_literals;

constexpr const char* kVariable = "TRIBUTARY_TEST_ELASTICSEARCH";

/// One test at a time, in whatever process: all of them share the index of dead letters.
class Turn {
public:
    Turn()
        : file_(::open((std::filesystem::temp_directory_path() / "tributary-contract.lock").c_str(),
                       O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
        ::flock(file_, LOCK_EX);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { ::close(file_); }

private:
    int file_;
};

/// Makes indices of names that nobody else uses, and removes them.
class TestIndices {
public:
    explicit TestIndices(const std::string& url) : client_(*http::Url::parse(url)) {
        static int count = 0;
        const auto prefix =
            "contract-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
        orders = prefix + "-orders-index";
        products = prefix + "-products-index";
        remove(kDeadLettersIndex);
        ElasticsearchSettings settings;
        settings.urls = {url};
        settings.indices = {{orders, {{"total", event::FieldKind::number}}}, {products, {}}};
        index = *ElasticsearchIndex::open(settings);
        const auto installed = index->install();
        EXPECT_TRUE(installed) << installed.error().message;
    }
    TestIndices(const TestIndices&) = delete;
    TestIndices& operator=(const TestIndices&) = delete;
    ~TestIndices() {
        for (const std::string& name : {orders, products}) {
            remove(name);
            send("DELETE", "/_index_template/tributary-" + name);
        }
    }

    std::string orders;
    std::string products;
    std::shared_ptr<ElasticsearchIndex> index;

private:
    void remove(const std::string& name) {
        send("DELETE", "/" + name + "?ignore_unavailable=true");
    }
    void send(std::string method, std::string target) {
        http::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        const auto response = client_.send(std::move(request), 60s);
        EXPECT_TRUE(response) << response.error().message;
    }

    Turn turn_;
    http::Client client_;
};

IndexUnderTest elasticsearch_under_test() {
    const char* url = std::getenv(kVariable);
    if (url == nullptr) {
        IndexUnderTest nothing;
        nothing.absence = std::string("Set ") + kVariable +
                          "=http://127.0.0.1:9200 to the address of a server for tests.";
        return nothing;
    }
    auto indices = std::make_shared<TestIndices>(url);
    return {indices, [indices] { return indices->index->make_writer(); },
            indices->index->make_searcher(), indices->orders, indices->products};
}

INSTANTIATE_TEST_SUITE_P(Elasticsearch, DocumentIndexContract,
                         testing::Values(IndexFactory{"elasticsearch", elasticsearch_under_test}));

}  // namespace
}  // namespace tributary::document_index
