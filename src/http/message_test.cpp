#include "http/message.h"

#include <gtest/gtest.h>

namespace tributary::http {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
    Headers headers;
    headers.add("Content-Type", "a");
    headers.add("X", "1");
    headers.add("x", "2");
    EXPECT_EQ(headers.get("content-type"), "a");
    EXPECT_EQ(headers.get("X"), "1");
    EXPECT_EQ(headers.get("absent"), "");
    EXPECT_TRUE(headers.contains("CONTENT-TYPE"));
    EXPECT_FALSE(headers.contains("Content"));
    headers.set("x", "3");
    EXPECT_EQ(headers.get("X"), "3");
    EXPECT_EQ(headers.all().size(), 2U);
    headers.remove("content-TYPE");
    EXPECT_FALSE(headers.contains("Content-Type"));
}

TEST(Request, TakesTheTargetApart) {
    Request request;
    request.target = "/a%20b/c?x=1&y=a%26b+c&flag&empty=&x=2&broken=%zz&%6Bey=v?w";
    EXPECT_EQ(request.path(), "/a%20b/c");
    EXPECT_EQ(request.parameter("x"), "1");
    EXPECT_EQ(request.parameter("y"), "a&b c");
    EXPECT_EQ(request.parameter("flag"), "");
    EXPECT_EQ(request.parameter("empty"), "");
    EXPECT_EQ(request.parameter("key"), "v?w");
    EXPECT_EQ(request.parameter("broken"), std::nullopt);
    EXPECT_EQ(request.parameter("absent"), std::nullopt);
    request.target = "/only";
    EXPECT_EQ(request.path(), "/only");
    EXPECT_EQ(request.query(), "");
    EXPECT_EQ(request.parameter("x"), std::nullopt);
}

TEST(PercentCoding, DecodesOrRefuses) {
    EXPECT_EQ(percent_decode("a%2Fb%c3%A4+"), "a/b\xC3\xA4+");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
    for (const std::string_view broken : {"%", "%4", "a%", "%g1", "%1g", "%00", "a%2"}) {
        EXPECT_EQ(percent_decode(broken), std::nullopt) << broken;
    }
    EXPECT_EQ(percent_decode(std::string_view("\0", 1)), std::nullopt);
}

TEST(PercentCoding, EncodesEveryByteSoThatItComesBack) {
    EXPECT_EQ(percent_encode("a/b c~\xC3\xA4"), "a/b%20c~%C3%A4");
    EXPECT_EQ(percent_encode("a/b", true), "a%2Fb");
    std::string all;
    for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

}  // namespace
}  // namespace tributary::http
