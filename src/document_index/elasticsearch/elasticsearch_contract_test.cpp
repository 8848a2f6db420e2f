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

    void send(std::string method, std::string target, std::string body = {}) {
        http::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        request.headers.add("Content-Type", "application/json");
        const auto response = client_.send(std::move(request), 60s);
        EXPECT_TRUE(response) << response.error().message;
        if (response) last_answer = response->body;
    }

    std::string last_answer;
    std::string orders;
    std::string products;
    std::shared_ptr<ElasticsearchIndex> index;

private:
    void remove(const std::string& name) {
        send("DELETE", "/" + name + "?ignore_unavailable=true");
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

class ElasticsearchOutage : public testing::Test {
protected:
    void SetUp() override {
        const char* url = std::getenv(kVariable);
        if (url == nullptr) GTEST_SKIP() << "Set " << kVariable << " to the address of a server.";
        indices_ = std::make_unique<TestIndices>(url);
        writer_ = indices_->index->make_writer();
    }
    Writer::Outcomes write(const std::string& id) {
        const DocumentBuilder order{.id = id};
        std::vector<Document> documents{order.create(indices_->orders)};
        return write_and_wait(*writer_, std::move(documents));
    }
    void expect_unavailable(const std::string& id) {
        const auto outcomes = write(id);
        ASSERT_FALSE(outcomes);
        EXPECT_EQ(outcomes.error().code, ErrorCode::unavailable);
        EXPECT_EQ(writer_->ready().error().message, outcomes.error().message);
    }
    void expect_created(const std::string& id) {
        const auto outcomes = write(id);
        ASSERT_TRUE(outcomes) << outcomes.error().message;
        EXPECT_TRUE(std::holds_alternative<Created>(outcomes->at(0)));
        EXPECT_TRUE(writer_->ready());
    }

    std::unique_ptr<TestIndices> indices_;
    std::unique_ptr<Writer> writer_;
};

TEST_F(ElasticsearchOutage, WaitsWhileAnIndexIsReadOnly) {
    const auto settings = "/" + indices_->orders + "/_settings";
    for (const std::string block : {"write", "read_only", "read_only_allow_delete"}) {
        indices_->send("PUT", settings, R"({"index.blocks.)" + block + R"(":true})");
        expect_unavailable(block);
        indices_->send("PUT", settings, R"({"index.blocks.)" + block + R"(":null})");
        expect_created(block);
    }
}

TEST_F(ElasticsearchOutage, WaitsWhileAnIndexIsClosed) {
    indices_->send("POST", "/" + indices_->orders + "/_close");
    expect_unavailable("a");
    indices_->send("POST", "/" + indices_->orders + "/_open?wait_for_active_shards=1");
    expect_created("a");
}

TEST_F(ElasticsearchOutage, MakesNoIndexOfAnotherMappingWhereOneWasDeleted) {
    indices_->send("DELETE", "/" + indices_->orders);
    if (write("a")) {
        // An old server that cannot forbid it: it must have taken our template.
        indices_->send("GET", "/" + indices_->orders + "/_mapping");
        EXPECT_NE(indices_->last_answer.find("tributary_version"), std::string::npos);
    } else {
        expect_unavailable("a");
        indices_->send("PUT", "/" + indices_->orders);
        expect_created("a");
    }
}

TEST_F(ElasticsearchOutage, MakesNoIndexOfAnotherMappingWhereTheTemplateIsLostToo) {
    expect_created("a");
    indices_->send("POST", "/" + indices_->orders + "/_close");
    expect_unavailable("b");
    indices_->send("DELETE", "/" + indices_->orders);
    indices_->send("DELETE", "/_index_template/tributary-" + indices_->orders);
    expect_created("b");
    indices_->send("GET", "/" + indices_->orders + "/_mapping");
    EXPECT_NE(indices_->last_answer.find("tributary_version"), std::string::npos);
}

TEST_F(ElasticsearchOutage, InstallsTwiceWithoutHarm) {
    expect_created("a");
    ElasticsearchSettings settings;
    settings.urls = {std::getenv(kVariable)};
    settings.indices = {{indices_->orders,
                         {{"total", event::FieldKind::number},
                          {"status", event::FieldKind::keyword},
                          {"is_paid", event::FieldKind::boolean},
                          {"date", event::FieldKind::date},
                          {"name", event::FieldKind::text}}}};
    for (int i = 0; i < 2; ++i) {
        const auto installed = (*ElasticsearchIndex::open(settings))->install();
        EXPECT_TRUE(installed) << installed.error().message;
    }
    indices_->send("GET", "/" + indices_->orders + "/_mapping");
    EXPECT_NE(indices_->last_answer.find("is_paid"), std::string::npos);
    EXPECT_TRUE(std::holds_alternative<AlreadyExists>(write("a")->at(0)));
}

}  // namespace
}  // namespace tributary::document_index
