#include "batch_import/decompressed_stream.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "batch_import/testing.h"

namespace tributary::batch_import {
namespace {

using testing::gzip;

/// An object in memory, handed out in pieces of a given size.
class Pieces final : public object_store::ObjectStream {
public:
    Pieces(std::string content, std::size_t piece) : content_(std::move(content)), piece_(piece) {
        info_.size = content_.size();
    }
    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        const std::size_t size = std::min({capacity, piece_, content_.size() - read_});
        std::memcpy(buffer, content_.data() + read_, size);
        read_ += size;
        return size;
    }
    const object_store::ObjectInfo& info() const override { return info_; }

private:
    std::string content_;
    std::size_t piece_;
    std::size_t read_ = 0;
    object_store::ObjectInfo info_;
};

struct Content {
    std::string text;
    std::string error;
};

Content read_all(const std::string& object, bool is_named_gzip, std::size_t piece = 7) {
    auto stream = DecompressedStream::open(std::make_unique<Pieces>(object, piece), is_named_gzip);
    EXPECT_TRUE(stream);
    Content content;
    char buffer[50];
    while (true) {
        const auto size = (*stream)->read(buffer, sizeof buffer);
        if (!size) {
            EXPECT_EQ(size.error().code, ErrorCode::corrupt_data);
            content.error = size.error().message;
            return content;
        }
        if (*size == 0) return content;
        content.text.append(buffer, *size);
    }
}

std::string some_text() {
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += std::to_string(i * 7919) + ",";
    return text;
}

TEST(DecompressedStream, PassesPlainFilesOn) {
    for (const std::string& text : {std::string("[]"), std::string("x"), some_text()}) {
        EXPECT_EQ(read_all(text, false).text, text);
        EXPECT_EQ(read_all(text, false, 1).text, text);
    }
}

TEST(DecompressedStream, InflatesGzipWhateverItsName) {
    for (const bool is_named : {true, false}) {
        const Content content = read_all(gzip(some_text()), is_named);
        EXPECT_EQ(content.text, some_text());
        EXPECT_EQ(content.error, "");
    }
}

TEST(DecompressedStream, ReadsMembersAfterEachOtherAndZerosBehindThem) {
    const std::string object = gzip("one") + gzip("") + gzip("two") + std::string(100, '\0');
    for (const std::size_t piece : {1U, 7U, 1000U}) {
        const Content content = read_all(object, true, piece);
        EXPECT_EQ(content.text, "onetwo");
        EXPECT_EQ(content.error, "");
    }
}

TEST(DecompressedStream, AnEmptyObjectHasNoBytes) {
    EXPECT_EQ(read_all("", true).error, "");
    EXPECT_EQ(read_all("", true).text, "");
    EXPECT_EQ(read_all(gzip(""), true).error, "");
}

TEST(DecompressedStream, NamesTheByteWhereAFileIsCutOff) {
    const std::string object = gzip(some_text());
    const Content content = read_all(object.substr(0, object.size() / 2), true);
    EXPECT_FALSE(content.text.empty());
    EXPECT_TRUE(some_text().starts_with(content.text));
    EXPECT_NE(content.error.find("cut off"), std::string::npos) << content.error;
    EXPECT_NE(content.error.find("byte " + std::to_string(object.size() / 2)), std::string::npos)
        << content.error;
}

TEST(DecompressedStream, NoticesDamageAndAWrongChecksum) {
    std::string damaged = gzip(some_text());
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0xFF);
    EXPECT_NE(read_all(damaged, true).error, "");

    std::string wrong_sum = gzip(some_text());
    wrong_sum[wrong_sum.size() - 6] = static_cast<char>(wrong_sum[wrong_sum.size() - 6] ^ 1);
    const Content content = read_all(wrong_sum, true);
    EXPECT_EQ(content.text, some_text());
    EXPECT_NE(content.error.find("damaged"), std::string::npos) << content.error;
}

TEST(DecompressedStream, RefusesWhatFollowsGzipAndWhatOnlyClaimsToBeGzip) {
    const Content behind = read_all(gzip("one") + "[1]", true);
    EXPECT_EQ(behind.text, "one");
    EXPECT_NE(behind.error.find("something else"), std::string::npos);
    EXPECT_NE(read_all("[1]", true).error.find(".gz"), std::string::npos);
}

}  // namespace
}  // namespace tributary::batch_import
