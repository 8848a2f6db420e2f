#pragma once

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "object_store/object_store.h"

/// What every adapter of the object store must pass. An adapter's test includes this file and says
///     INSTANTIATE_TEST_SUITE_P(Directory, ObjectStoreContract, testing::Values(StoreFactory{…}));
namespace tributary::object_store {

/// A store with one empty bucket. `environment` lives as long as the test: a folder, a server.
struct StoreUnderTest {
    std::shared_ptr<void> environment;
    std::unique_ptr<ObjectStore> store;
    std::string bucket;
};

struct StoreFactory {
    std::string name;
    std::function<StoreUnderTest()> make;
};
inline void PrintTo(const StoreFactory& factory, std::ostream* out) {
    *out << factory.name;
}

class ObjectStoreContract : public testing::TestWithParam<StoreFactory> {
protected:
    ObjectStore& store() { return *under_test_.store; }
    ObjectId object(const std::string& key) const { return {under_test_.bucket, key}; }

    void put(const std::string& key, std::string_view content) {
        const auto stored = store().put(object(key), content);
        ASSERT_TRUE(stored) << stored.error().message;
    }
    std::string version(const std::string& key) {
        const auto info = store().head(object(key));
        EXPECT_TRUE(info) << info.error().message;
        return info ? info->version : "";
    }
    std::vector<std::string> keys(const std::string& prefix) {
        std::vector<std::string> found;
        const auto listed = store().list(under_test_.bucket, prefix, [&](const std::string& key) {
            found.push_back(key);
            return true;
        });
        EXPECT_TRUE(listed) << listed.error().message;
        return found;
    }
    /// Reads to the end, `capacity` bytes at a time.
    static Result<std::string> read_all(ObjectStream& stream, std::size_t capacity = 64 << 10) {
        std::string content;
        std::string buffer(capacity, '\0');
        while (true) {
            const auto count = stream.read(buffer.data(), buffer.size());
            if (!count) return std::unexpected(count.error());
            if (*count == 0) return content;
            content.append(buffer, 0, *count);
        }
    }
    Result<std::string> content(const std::string& key, const std::string& version = "",
                                std::uint64_t offset = 0) {
        const auto stream = store().open(object(key), version, offset);
        if (!stream) return std::unexpected(stream.error());
        return read_all(**stream);
    }

private:
    StoreUnderTest under_test_ = GetParam().make();
};

template <class T>
ErrorCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result) << "succeeded, but should have failed";
    return result ? ErrorCode::internal : result.error().code;
}

TEST_P(ObjectStoreContract, ReadsBackWhatWasPut) {
    put("orders/2026-11.json", "[1,2,3]");
    EXPECT_EQ(content("orders/2026-11.json"), "[1,2,3]");
}

TEST_P(ObjectStoreContract, KeepsEveryByteOfLargeObjects) {
    std::string large(5 << 20, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
    put("large", large);
    EXPECT_TRUE(content("large") == large);
}

TEST_P(ObjectStoreContract, ReadsAnEmptyObject) {
    put("empty", "");
    EXPECT_EQ(content("empty"), "");
    EXPECT_EQ(store().head(object("empty"))->size, 0U);
}

TEST_P(ObjectStoreContract, TakesKeysAsPeopleWriteThem) {
    for (const std::string key : {"a b+c%20d.json", "Aufträge/größte Datei (1).json", "x=1&y=2#z",
                                  "..dots..", "a/.hidden", "tab\tand 'quote\""}) {
        put(key, key);
        EXPECT_EQ(content(key), key);
    }
}

TEST_P(ObjectStoreContract, SaysNotFoundForWhatIsNotThere) {
    put("folder/file", "x");
    for (const std::string key : {"absent", "folder", "folder/file/below", "absent/file"}) {
        EXPECT_EQ(code_of(store().open(object(key), "", 0)), ErrorCode::not_found) << key;
        EXPECT_EQ(code_of(store().head(object(key))), ErrorCode::not_found) << key;
    }
}

TEST_P(ObjectStoreContract, HeadAndStreamAgreeOnVersionAndSize) {
    put("a", "hello");
    const auto info = store().head(object("a"));
    const auto stream = store().open(object("a"), "", 0);
    ASSERT_TRUE(info && stream);
    EXPECT_EQ(info->size, 5U);
    EXPECT_FALSE(info->version.empty());
    EXPECT_EQ((*stream)->info().version, info->version);
    EXPECT_EQ((*stream)->info().size, 5U);
}

TEST_P(ObjectStoreContract, ReadsOnFromAnOffset) {
    put("a", "0123456789");
    const auto pinned = version("a");
    EXPECT_EQ(content("a", pinned, 4), "456789");
    EXPECT_EQ(content("a", pinned, 10), "");
    EXPECT_EQ(code_of(store().open(object("a"), pinned, 11)), ErrorCode::invalid_input);
}

TEST_P(ObjectStoreContract, ReadsInPiecesOfAnySize) {
    put("a", "0123456789");
    const auto stream = store().open(object("a"), "", 1);
    ASSERT_TRUE(stream);
    EXPECT_EQ(read_all(**stream, 4), "123456789");
}

TEST_P(ObjectStoreContract, ANewContentIsANewVersion) {
    put("a", "one");
    const auto first = version("a");
    put("a", "two, longer");
    EXPECT_NE(version("a"), first);
    EXPECT_EQ(content("a"), "two, longer");
    EXPECT_EQ(code_of(store().open(object("a"), first, 0)), ErrorCode::conflict);
    EXPECT_EQ(content("a", version("a")), "two, longer");
}

TEST_P(ObjectStoreContract, NeverMixesTwoVersionsInOneStream) {
    const std::string old_content(3 << 20, 'o');
    put("a", old_content);
    const auto stream = store().open(object("a"), "", 0);
    ASSERT_TRUE(stream);
    std::string buffer(1024, '\0');
    ASSERT_TRUE((*stream)->read(buffer.data(), buffer.size()));
    put("a", std::string(4 << 20, 'n'));
    const auto rest = read_all(**stream);
    if (rest) {
        EXPECT_TRUE(*rest == old_content.substr(1024));
    } else {
        EXPECT_EQ(rest.error().code, ErrorCode::conflict);
    }
}

TEST_P(ObjectStoreContract, ReadersSeeTheOldObjectOrTheNewOne) {
    const std::string even(300'000, 'e');
    const std::string odd(200'000, 'o');
    put("a", even);
    std::atomic<bool> writing = true;
    std::jthread writer([&] {
        for (int i = 0; i < 20; ++i) put("a", i % 2 == 0 ? odd : even);
        writing = false;
    });
    while (writing) {
        const auto seen = content("a");
        if (seen) {
            EXPECT_TRUE(*seen == even || *seen == odd) << seen->size() << " bytes";
        } else {
            EXPECT_EQ(seen.error().code, ErrorCode::conflict) << seen.error().message;
        }
    }
}

TEST_P(ObjectStoreContract, RemovesAndForgives) {
    put("a/b", "x");
    EXPECT_TRUE(store().remove(object("a/b")));
    EXPECT_EQ(code_of(store().head(object("a/b"))), ErrorCode::not_found);
    EXPECT_TRUE(store().remove(object("a/b")));
    EXPECT_TRUE(store().remove(object("never/was")));
    EXPECT_TRUE(keys("").empty());
}

TEST_P(ObjectStoreContract, ListsKeysInByteOrder) {
    const std::vector<std::string> in_order = {"B", "a-b", "a.b", "a/b", "a/c", "a/c.d", "a0", "é"};
    for (auto key = in_order.rbegin(); key != in_order.rend(); ++key) put(*key, "x");
    EXPECT_EQ(keys(""), in_order);
}

TEST_P(ObjectStoreContract, ListsBelowAPrefixOnly) {
    for (const std::string key : {"reports/a", "reports/b/c", "reports-old/d", "rep", "other"}) {
        put(key, "x");
    }
    EXPECT_EQ(keys("reports/"), (std::vector<std::string>{"reports/a", "reports/b/c"}));
    EXPECT_EQ(keys("reports"),
              (std::vector<std::string>{"reports-old/d", "reports/a", "reports/b/c"}));
    EXPECT_EQ(keys("reports/b/c"), (std::vector<std::string>{"reports/b/c"}));
    EXPECT_TRUE(keys("reports/x").empty());
    EXPECT_TRUE(keys("absent/").empty());
}

TEST_P(ObjectStoreContract, StopsListingWhenTold) {
    for (const std::string key : {"a", "b/c", "b/d", "e"}) put(key, "x");
    std::vector<std::string> seen;
    const auto listed = store().list(object("").bucket, "", [&](const std::string& key) {
        seen.push_back(key);
        return seen.size() < 2;
    });
    EXPECT_TRUE(listed);
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "b/c"}));
}

TEST_P(ObjectStoreContract, RefusesKeysThatNoStoreCanHold) {
    for (const std::string& key : {std::string(), std::string(1025, 'k')}) {
        EXPECT_EQ(code_of(store().put(object(key), "x")), ErrorCode::invalid_input);
        EXPECT_EQ(code_of(store().open(object(key), "", 0)), ErrorCode::invalid_input);
    }
}

TEST_P(ObjectStoreContract, SeveralThreadsPutAtOnce) {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([this, thread] {
            for (int i = 0; i < 10; ++i) {
                const auto key = "t" + std::to_string(thread) + "/" + std::to_string(i);
                put(key, key);
            }
        });
    }
    threads.clear();
    const auto stored = keys("");
    EXPECT_EQ(stored.size(), 40U);
    for (const auto& key : stored) EXPECT_EQ(content(key), key);
}

}  // namespace tributary::object_store
