#include "object_store/s3/s3_address.h"

#include <gtest/gtest.h>

namespace tributary::object_store {
namespace {

S3BucketAddress address(const std::string& endpoint, const std::string& bucket,
                        S3Addressing addressing = S3Addressing::automatic) {
    return S3BucketAddress::of(*http::Url::parse(endpoint), bucket, addressing);
}

TEST(S3Address, NamesTheBucketInTheHostOfAws) {
    const auto aws = address("https://s3.eu-central-1.amazonaws.com", "uploads");
    EXPECT_EQ(aws.server.host, "uploads.s3.eu-central-1.amazonaws.com");
    EXPECT_EQ(aws.target("orders/a.json"), "/orders/a.json");
    EXPECT_EQ(aws.target("", "list-type=2"), "/?list-type=2");
}

TEST(S3Address, NamesItInThePathOfOthersAndWhereItHasDots) {
    const auto other = address("http://127.0.0.1:9000", "uploads");
    EXPECT_EQ(other.server.host, "127.0.0.1");
    EXPECT_EQ(other.target("a"), "/uploads/a");
    EXPECT_EQ(other.target("", "uploads"), "/uploads?uploads");
    EXPECT_EQ(address("https://s3.eu-central-1.amazonaws.com", "my.uploads").target("a"),
              "/my.uploads/a");
}

TEST(S3Address, DoesAsItIsTold) {
    EXPECT_EQ(address("http://minio:9000", "b", S3Addressing::virtual_host).server.host, "b.minio");
    EXPECT_EQ(address("https://s3.us-east-1.amazonaws.com", "b", S3Addressing::path).target("a"),
              "/b/a");
}

TEST(S3Address, EncodesAKeyOnceAndKeepsItsSlashes) {
    const auto other = address("http://127.0.0.1:9000", "b");
    EXPECT_EQ(other.target("a b+c%2F/\xC3\xA9?x=1&y#z"),
              "/b/a%20b%2Bc%252F/%C3%A9%3Fx%3D1%26y%23z");
    EXPECT_EQ(other.target("/leading//double"), "/b//leading//double");
}

}  // namespace
}  // namespace tributary::object_store
