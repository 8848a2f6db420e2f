#include "aws/endpoint.h"

#include <gtest/gtest.h>

namespace tributary::aws {
namespace {

TEST(Endpoint, IsAwssOwnOrTheOneThatIsGiven) {
    const auto own = endpoint_of("sqs", "eu-central-1", "");
    ASSERT_TRUE(own);
    EXPECT_EQ(own->scheme, "https");
    EXPECT_EQ(own->host, "sqs.eu-central-1.amazonaws.com");
    EXPECT_EQ(own->port, 443);
    EXPECT_EQ(endpoint_of("s3", "cn-north-1", "")->host, "s3.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(endpoint_of("sqs", "", "http://127.0.0.1:4566/x")->path, "/x");
}

TEST(Endpoint, NeedsARegionOrAnAddress) {
    EXPECT_NE(endpoint_of("s3", "", "").error().message.find("AWS_REGION"), std::string::npos);
    EXPECT_FALSE(endpoint_of("s3", "", "somewhere"));
}

TEST(Arn, IsTakenApart) {
    const auto arn = Arn::parse("arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-a1B2c3");
    ASSERT_TRUE(arn);
    EXPECT_EQ(arn->service, "secretsmanager");
    EXPECT_EQ(arn->region, "eu-west-1");
    EXPECT_EQ(arn->account, "123456789012");
    EXPECT_EQ(arn->resource, "secret:name-a1B2c3");
    for (const char* text : {"", "arn", "name", "arn:aws:sqs:eu-west-1:1", "arn:aws::r:1:name"}) {
        EXPECT_FALSE(Arn::parse(text)) << text;
    }
}

}  // namespace
}  // namespace tributary::aws
