#include "gateway/bucket_watcher.h"

#include <algorithm>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <mutex>
#include <unistd.h>
#include <vector>

#include "gateway/file_completeness.h"
#include "gateway/test_support.h"

namespace tributary::gateway {
namespace {

namespace fs = std::filesystem;
using Keys = std::vector<std::string>;

class Watcher : public ::testing::Test {
protected:
    void start() {
        WatchSettings settings;
        settings.folder = bucket();
        auto watcher = BucketWatcher::start(settings, clock_, log_, [this](const std::string& key) {
            const std::scoped_lock lock(mutex_);
            keys_.push_back(key);
        });
        ASSERT_TRUE(watcher) << watcher.error().message;
        watcher_ = std::move(*watcher);
    }
    [[nodiscard]] fs::path bucket() const { return folder_.path() / "bucket"; }
    Keys keys() {
        const std::scoped_lock lock(mutex_);
        return keys_;
    }
    bool sees(const std::string& key) {
        return becomes([&] { return std::ranges::count(keys(), key) > 0; });
    }
    /// Everything before this was dealt with, since notifications come in order.
    Keys keys_until_marker() {
        const std::string marker = "marker " + std::to_string(++markers_);
        write_file(bucket() / marker, "");
        EXPECT_TRUE(sees(marker));
        Keys result = keys();
        std::erase_if(result, [](const std::string& key) { return key.starts_with("marker "); });
        return result;
    }

    TemporaryFolder folder_;
    SystemClock clock_;
    telemetry::Log log_ = quiet_log(clock_);
    std::mutex mutex_;
    Keys keys_;
    int markers_ = 0;
    std::unique_ptr<BucketWatcher> watcher_;
};

TEST_F(Watcher, SeesAFileOnceItIsClosed) {
    start();
    (void)keys_until_marker();
    const int file =
        ::open((bucket() / "orders.json").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    ASSERT_EQ(::write(file, "[", 1), 1);
    EXPECT_EQ(keys_until_marker(), Keys());
    ASSERT_EQ(::write(file, "]", 1), 1);
    ::close(file);
    EXPECT_EQ(keys_until_marker(), Keys{"orders.json"});
}

TEST_F(Watcher, SeesAFileThatIsMovedIn) {
    start();
    (void)keys_until_marker();  // The look at the start is over, and cannot tell it once more.
    write_file(folder_.path() / "elsewhere", "[]");
    fs::rename(folder_.path() / "elsewhere", bucket() / "orders.json");
    EXPECT_EQ(keys_until_marker(), Keys{"orders.json"});
}

TEST_F(Watcher, SeesAFileThatIsLinkedIn) {
    start();
    write_file(folder_.path() / "elsewhere", "[]");
    (void)keys_until_marker();
    fs::create_hard_link(folder_.path() / "elsewhere", bucket() / "orders.json");
    EXPECT_TRUE(sees("orders.json"));
}

TEST_F(Watcher, SeesFilesInFoldersMadeAMomentAgo) {
    start();
    (void)keys_until_marker();
    for (int i = 0; i < 50; ++i) {
        const std::string name = "a" + std::to_string(i) + "/b/c/d/orders.json";
        write_file(bucket() / name, "[]");
        EXPECT_TRUE(sees(name)) << name;
    }
}

TEST_F(Watcher, SeesAWholeTreeThatIsMovedIn) {
    start();
    (void)keys_until_marker();
    write_file(folder_.path() / "tree/x/orders.json", "[]");
    fs::rename(folder_.path() / "tree", bucket() / "tree");
    EXPECT_TRUE(sees("tree/x/orders.json"));
}

TEST_F(Watcher, FollowsAFolderThatIsRenamed) {
    start();
    write_file(bucket() / "old/x/first.json", "[]");
    EXPECT_TRUE(sees("old/x/first.json"));
    fs::rename(bucket() / "old", bucket() / "new");
    EXPECT_TRUE(sees("new/x/first.json")) << "a new key, as in S3";
    write_file(bucket() / "new/x/second.json", "[]");
    EXPECT_TRUE(sees("new/x/second.json"));
    EXPECT_EQ(std::ranges::count(keys(), "old/x/second.json"), 0);
}

TEST_F(Watcher, ForgetsAFolderThatIsMovedAway) {
    start();
    write_file(bucket() / "old/x/first.json", "[]");
    EXPECT_TRUE(sees("old/x/first.json"));
    fs::rename(bucket() / "old", folder_.path() / "elsewhere");
    (void)keys_until_marker();
    write_file(folder_.path() / "elsewhere/x/second.json", "[]");
    (void)keys_until_marker();
    EXPECT_EQ(std::ranges::count(keys(), "old/x/second.json"), 0);
}

TEST_F(Watcher, SeesWhatLayThereBeforeItStarted) {
    write_file(bucket() / "a/orders.json", "[]");
    write_file(bucket() / "products.json", "[]");
    start();
    EXPECT_TRUE(sees("a/orders.json"));
    EXPECT_TRUE(sees("products.json"));
}

TEST_F(Watcher, WaitsForAFileThatIsBeingWrittenWhenItStarts) {
    fs::create_directories(bucket());
    const int file =
        ::open((bucket() / "orders.json").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    ASSERT_GE(file, 0);
    if (!is_open_for_writing(bucket() / "orders.json")) {
        ::close(file);
        GTEST_SKIP() << "This file system cannot tell who writes.";
    }
    start();
    EXPECT_EQ(keys_until_marker(), Keys());
    ::close(file);
    EXPECT_TRUE(sees("orders.json"));
    EXPECT_EQ(keys_until_marker(), Keys{"orders.json"});
}

TEST_F(Watcher, SeesEverythingAgainWhenAskedTo) {
    write_file(bucket() / "a/orders.json", "[]");
    start();
    EXPECT_TRUE(sees("a/orders.json"));
    watcher_->rescan();
    EXPECT_TRUE(becomes([&] { return std::ranges::count(keys(), "a/orders.json") == 2; }));
}

TEST_F(Watcher, LeavesResultsHiddenAndUnfinishedFilesAlone) {
    write_file(bucket() / "reports/orders.json/1.json", "{}");
    write_file(bucket() / ".tributary/1-2", "x");
    start();
    for (const auto* name : {"rejected/a/1/0.ndjson", "checkpoints/a/1.json", "failed/a/1.json",
                             ".hidden.json", "deep/.git/orders.json", "orders.json.tmp"}) {
        write_file(bucket() / name, "{}");
    }
    EXPECT_EQ(keys_until_marker(), Keys());
    fs::rename(bucket() / "orders.json.tmp", bucket() / "orders.json");
    EXPECT_EQ(keys_until_marker(), Keys{"orders.json"});
}

TEST_F(Watcher, DoesNotFollowLinks) {
    write_file(folder_.path() / "secret/orders.json", "[]");
    start();
    (void)keys_until_marker();
    fs::create_directory_symlink(folder_.path() / "secret", bucket() / "link");
    fs::create_symlink(folder_.path() / "secret/orders.json", bucket() / "link.json");
    watcher_->rescan();
    EXPECT_EQ(keys_until_marker(), Keys());
}

TEST_F(Watcher, SkipsNamesThatAreNoText) {
    start();
    write_file(bucket() / "\xff.json", "[]");
    EXPECT_EQ(keys_until_marker(), Keys());
}

TEST_F(Watcher, SaysWhyAFolderCannotBeWatched) {
    write_file(bucket(), "a file");
    const auto watcher = BucketWatcher::start({bucket(), std::chrono::milliseconds(1)}, clock_,
                                              log_, [](const std::string&) {});
    ASSERT_FALSE(watcher);
    EXPECT_NE(watcher.error().message.find(bucket().string()), std::string::npos);
}

}  // namespace
}  // namespace tributary::gateway
