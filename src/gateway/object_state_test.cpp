#include "gateway/object_state.h"

#include <gtest/gtest.h>

#include "gateway/bucket_key.h"
#include "gateway/test_support.h"
#include "object_store/directory/directory_store.h"

namespace tributary::gateway {
namespace {

class State : public ::testing::Test {
protected:
    State() { put("orders.json", "[]"); }
    void put(const std::string& key, std::string_view content) {
        EXPECT_TRUE(store_->put({"bucket", key}, content));
    }
    ObjectVersion object() {
        return {"orders.json", store_->head({"bucket", "orders.json"})->version, 2};
    }
    void put_result(std::string_view prefix, std::string_view content) {
        put(result_key(prefix, "orders.json", object().version), content);
    }

    TemporaryFolder folder_;
    std::unique_ptr<object_store::DirectoryStore> store_ =
        *object_store::DirectoryStore::open(folder_.path().string());
    ObjectState state_{*store_, "bucket"};
};

TEST_F(State, IsDoneOnceThereIsAReportOrAFailure) {
    EXPECT_FALSE(state_.is_done(object()));
    put_result("reports", R"({"status":"broken"})");
    EXPECT_TRUE(state_.is_done(object()));
    put("orders.json", "[1]");
    EXPECT_FALSE(state_.is_done(object())) << "another version";
    put_result("failed", "{}");
    EXPECT_TRUE(state_.is_done(object()));
}

TEST_F(State, IsNotDoneByAReportThatItWasReplaced) {
    // Moved away while it was read, and back: the very same version lies there again.
    put_result("reports", R"({"status":"replaced"})");
    EXPECT_FALSE(state_.is_done(object()));
}

TEST_F(State, IsCurrentUntilItIsReplacedOrRemoved) {
    const ObjectVersion first = object();
    EXPECT_TRUE(state_.is_current(first));
    put("orders.json", "[1]");
    EXPECT_FALSE(state_.is_current(first));
    const ObjectVersion second = object();
    EXPECT_TRUE(store_->remove({"bucket", "orders.json"}));
    EXPECT_FALSE(state_.is_current(second));
}

TEST_F(State, ProgressesWithTheContentOfTheCheckpoint) {
    const auto none = state_.progress(object());
    put_result("checkpoints", "item 1");
    const auto one = state_.progress(object());
    EXPECT_NE(one, none);
    put_result("checkpoints", "item 1");
    EXPECT_EQ(state_.progress(object()), one);
    put_result("checkpoints", "item 2");
    EXPECT_NE(state_.progress(object()), one);
}

}  // namespace
}  // namespace tributary::gateway
