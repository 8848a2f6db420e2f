#include "object_store/directory/directory_store.h"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object_store/contract/contract_suite.h"
#include "object_store/directory/file_descriptor.h"

namespace tributary::object_store {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, removed at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (fs::temp_directory_path() / "directory_store_XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { fs::remove_all(path_); }
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

StoreFactory factory(const std::string& name, Versions versions) {
    return {name, [versions] {
                auto folder = std::make_shared<TemporaryDirectory>();
                auto store = DirectoryStore::open(folder->path().string(), versions);
                return StoreUnderTest{folder, std::move(*store), "bucket"};
            }};
}

INSTANTIATE_TEST_SUITE_P(Directory, ObjectStoreContract,
                         testing::Values(factory("by_file", Versions::by_file),
                                         factory("by_content", Versions::by_content)),
                         [](const auto& test) { return test.param.name; });

class DirectoryStoreTest : public testing::Test {
protected:
    [[nodiscard]] fs::path bucket() const { return root_.path() / "bucket"; }
    void write_file(const fs::path& path, std::string_view content) {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
    }
    std::vector<std::string> keys() {
        std::vector<std::string> found;
        EXPECT_TRUE(store_->list("bucket", "", [&](const std::string& key) {
            found.push_back(key);
            return true;
        }));
        return found;
    }

    TemporaryDirectory root_;
    std::unique_ptr<DirectoryStore> store_ = *DirectoryStore::open(root_.path().string());
};

TEST_F(DirectoryStoreTest, SeesFilesThatPeoplePutThere) {
    write_file(bucket() / "orders" / "a.json", "[1]");
    EXPECT_EQ(keys(), (std::vector<std::string>{"orders/a.json"}));
    EXPECT_EQ(store_->head({"bucket", "orders/a.json"})->size, 3U);
}

TEST_F(DirectoryStoreTest, VersionIsSizeModificationTimeAndInode) {
    write_file(bucket() / "a", "12345");
    struct stat file{};
    ASSERT_EQ(::stat((bucket() / "a").c_str(), &file), 0);
    const auto version = store_->head({"bucket", "a"})->version;
    EXPECT_EQ(version, version_of(file));
    EXPECT_EQ(version,
              "5-" + std::to_string(file.st_mtim.tv_sec * 1'000'000'000 + file.st_mtim.tv_nsec) +
                  "-" + std::to_string(file.st_ino));
}

TEST_F(DirectoryStoreTest, VersionByContentIsTheSameForEveryCopy) {
    const auto by_content = *DirectoryStore::open(root_.path().string(), Versions::by_content);
    write_file(bucket() / "a", "12345");
    write_file(bucket() / "copies" / "a", "12345");
    const auto version = by_content->head({"bucket", "a"})->version;
    EXPECT_EQ(version, "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5");
    EXPECT_EQ(by_content->head({"bucket", "copies/a"})->version, version);
    write_file(bucket() / "a", "12346");
    EXPECT_NE(by_content->head({"bucket", "a"})->version, version);
}

TEST_F(DirectoryStoreTest, RefusesKeysThatLeaveTheBucket) {
    write_file(root_.path() / "secret", "secret");
    for (const std::string key : {"../secret", "a/../../secret", "/etc/passwd", "..", ".", "a//b",
                                  "a/./b", "a/", "/", ".tributary/x", ".tributary"}) {
        const ObjectId object("bucket", key);
        EXPECT_EQ(code_of(store_->open(object, "", 0)), ErrorCode::invalid_input) << key;
        EXPECT_EQ(code_of(store_->head(object)), ErrorCode::invalid_input) << key;
        EXPECT_EQ(code_of(store_->put(object, "x")), ErrorCode::invalid_input) << key;
        EXPECT_EQ(code_of(store_->remove(object)), ErrorCode::invalid_input) << key;
    }
}

TEST_F(DirectoryStoreTest, RefusesKeysWithNul) {
    const ObjectId object("bucket", std::string("a\0b", 3));
    EXPECT_EQ(code_of(store_->put(object, "x")), ErrorCode::invalid_input);
}

TEST_F(DirectoryStoreTest, RefusesBucketsThatAreNoFolderNames) {
    for (const std::string bucket : {"", "..", ".", ".hidden", "a/b", "/etc"}) {
        EXPECT_EQ(code_of(store_->put({bucket, "a"}, "x")), ErrorCode::invalid_input) << bucket;
        EXPECT_EQ(code_of(store_->list(bucket, "", [](const auto&) { return true; })),
                  ErrorCode::invalid_input)
            << bucket;
    }
}

TEST_F(DirectoryStoreTest, RefusesNamesThatTheFileSystemCannotHold) {
    EXPECT_EQ(code_of(store_->put({"bucket", std::string(256, 'n')}, "x")),
              ErrorCode::invalid_input);
    EXPECT_EQ(code_of(store_->put({"bucket", std::string(256, 'n') + "/a"}, "x")),
              ErrorCode::invalid_input);
    EXPECT_EQ(code_of(store_->head({"bucket", std::string(256, 'n') + "/a"})),
              ErrorCode::not_found);
}

TEST_F(DirectoryStoreTest, RefusesAFileWhereAFolderIsAndTheOtherWayRound) {
    ASSERT_TRUE(store_->put({"bucket", "a/b"}, "x"));
    EXPECT_EQ(code_of(store_->put({"bucket", "a"}, "x")), ErrorCode::invalid_input);
    EXPECT_EQ(code_of(store_->put({"bucket", "a/b/c"}, "x")), ErrorCode::invalid_input);
    EXPECT_TRUE(store_->remove({"bucket", "a"}));
    EXPECT_EQ(keys(), (std::vector<std::string>{"a/b"}));
}

TEST_F(DirectoryStoreTest, NamesTheWholeFolderThatItMayNotMake) {
    fs::create_directory(bucket());
    fs::permissions(root_.path(), fs::perms{0555});
    fs::permissions(bucket(), fs::perms{0555});
    const int before = ::setfsuid(65534);  // Nothing is forbidden to root.
    const auto written = store_->put({"bucket", "reports/a"}, "x");
    ::setfsuid(static_cast<uid_t>(before));
    fs::permissions(root_.path(), fs::perms{0755});
    fs::permissions(bucket(), fs::perms{0755});
    ASSERT_FALSE(written);
    EXPECT_NE(written.error().message.find((bucket() / "reports").string() + "'"),
              std::string::npos)
        << written.error().message;
}

TEST_F(DirectoryStoreTest, NeverFollowsLinks) {
    write_file(root_.path() / "outside" / "secret", "secret");
    fs::create_directories(bucket());
    fs::create_symlink(root_.path() / "outside", bucket() / "folder");
    fs::create_symlink(root_.path() / "outside" / "secret", bucket() / "file");
    for (const std::string key : {"folder/secret", "file"}) {
        EXPECT_EQ(code_of(store_->open({"bucket", key}, "", 0)), ErrorCode::not_found) << key;
        EXPECT_EQ(code_of(store_->head({"bucket", key})), ErrorCode::not_found) << key;
        EXPECT_TRUE(store_->remove({"bucket", key}));
    }
    EXPECT_EQ(code_of(store_->put({"bucket", "folder/new"}, "x")), ErrorCode::invalid_input);
    EXPECT_TRUE(keys().empty());
    EXPECT_TRUE(fs::exists(root_.path() / "outside" / "secret"));
    EXPECT_FALSE(fs::exists(root_.path() / "outside" / "new"));
}

TEST_F(DirectoryStoreTest, PutReplacesALinkInsteadOfWritingThroughIt) {
    write_file(root_.path() / "outside", "untouched");
    fs::create_directories(bucket());
    fs::create_symlink(root_.path() / "outside", bucket() / "file");
    ASSERT_TRUE(store_->put({"bucket", "file"}, "new"));
    EXPECT_EQ(store_->head({"bucket", "file"})->size, 3U);
    EXPECT_EQ(fs::file_size(root_.path() / "outside"), 9U);
}

TEST_F(DirectoryStoreTest, APipeIsNoObjectAndBlocksNobody) {
    fs::create_directories(bucket());
    ASSERT_EQ(::mkfifo((bucket() / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(code_of(store_->open({"bucket", "pipe"}, "", 0)), ErrorCode::not_found);
    EXPECT_TRUE(keys().empty());
}

class ChangeWhileReading : public DirectoryStoreTest {
protected:
    void SetUp() override {
        write_file(bucket() / "a", "0123456789");
        auto stream = store_->open({"bucket", "a"}, "", 0);
        ASSERT_TRUE(stream);
        stream_ = std::move(*stream);
        ASSERT_EQ(stream_->read(buffer_.data(), 2), 2U);
    }
    ErrorCode next_read() { return code_of(stream_->read(buffer_.data(), buffer_.size())); }

    std::unique_ptr<ObjectStream> stream_;
    std::array<char, 64> buffer_{};
};

TEST_F(ChangeWhileReading, ConflictsWhenAppended) {
    std::ofstream(bucket() / "a", std::ios::app) << "more";
    EXPECT_EQ(next_read(), ErrorCode::conflict);
}

TEST_F(ChangeWhileReading, ConflictsWhenTruncated) {
    fs::resize_file(bucket() / "a", 1);
    EXPECT_EQ(next_read(), ErrorCode::conflict);
}

TEST_F(ChangeWhileReading, ConflictsWhenOverwrittenWithEqualSize) {
    const auto written = fs::last_write_time(bucket() / "a");
    std::fstream(bucket() / "a") << "9876543210";
    fs::last_write_time(bucket() / "a", written + std::chrono::milliseconds(1));
    EXPECT_EQ(next_read(), ErrorCode::conflict);
}

TEST_F(ChangeWhileReading, ConflictsWhenReplaced) {
    ASSERT_TRUE(store_->put({"bucket", "a"}, "0123456789"));
    EXPECT_EQ(next_read(), ErrorCode::conflict);
}

TEST_F(ChangeWhileReading, ConflictsWhenRemoved) {
    ASSERT_TRUE(store_->remove({"bucket", "a"}));
    EXPECT_EQ(next_read(), ErrorCode::conflict);
}

TEST_F(DirectoryStoreTest, LeavesNoTemporaryFileBehind) {
    ASSERT_TRUE(store_->put({"bucket", "a"}, "x"));
    EXPECT_FALSE(store_->put({"bucket", std::string(256, 'n')}, "x"));
    EXPECT_TRUE(fs::is_empty(bucket() / kTemporaryFolder));
}

TEST_F(DirectoryStoreTest, OpeningRemovesLeftoversButNotWhatIsBeingWritten) {
    const auto abandoned = bucket() / kTemporaryFolder / "1-0";
    const auto being_written = bucket() / kTemporaryFolder / "1-1";
    write_file(abandoned, "half an obj");
    write_file(being_written, "half an obj");
    const FileDescriptor writer(::open(being_written.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
    ASSERT_TRUE(DirectoryStore::open(root_.path().string()));
    EXPECT_FALSE(fs::exists(abandoned));
    EXPECT_TRUE(fs::exists(being_written));
}

TEST_F(DirectoryStoreTest, AnUnknownBucketIsEmpty) {
    EXPECT_TRUE(keys().empty());
    EXPECT_EQ(code_of(store_->head({"bucket", "a"})), ErrorCode::not_found);
}

TEST_F(DirectoryStoreTest, OpenFailsWhereARootCannotBe) {
    write_file(root_.path() / "file", "x");
    EXPECT_EQ(code_of(DirectoryStore::open((root_.path() / "file").string())),
              ErrorCode::unavailable);
}

}  // namespace
}  // namespace tributary::object_store
