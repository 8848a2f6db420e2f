#include "gateway/text_encoding.h"

#include <gtest/gtest.h>

namespace tributary::gateway {
namespace {

TEST(Utf8, AcceptsEveryLengthAtItsBorders) {
    EXPECT_TRUE(is_utf8("plain\0text"));
    EXPECT_TRUE(is_utf8("\xc2\x80 \xdf\xbf"));
    EXPECT_TRUE(is_utf8("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
    EXPECT_TRUE(is_utf8("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
}

TEST(Utf8, RefusesWhatTheRfcForbids) {
    EXPECT_FALSE(is_utf8("\x80")) << "a continuation alone";
    EXPECT_FALSE(is_utf8("\xc1\xbf")) << "overlong";
    EXPECT_FALSE(is_utf8("\xe0\x9f\xbf")) << "overlong";
    EXPECT_FALSE(is_utf8("\xf0\x8f\xbf\xbf")) << "overlong";
    EXPECT_FALSE(is_utf8("\xed\xa0\x80")) << "surrogate";
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80")) << "above U+10FFFF";
    EXPECT_FALSE(is_utf8("\xff")) << "never";
    EXPECT_FALSE(is_utf8("caf\xc3")) << "cut off";
    EXPECT_FALSE(is_utf8("\x1f\x8b\x08")) << "gzip";
}

}  // namespace
}  // namespace tributary::gateway
