#include "object_store/s3/s3_listing.h"

#include <gtest/gtest.h>

namespace tributary::object_store {
namespace {

TEST(S3Listing, AsksForAPage) {
    EXPECT_EQ(listing_query("a b/", ""), "encoding-type=url&list-type=2&prefix=a%20b%2F");
    EXPECT_EQ(listing_query("", "x=/+"),
              "continuation-token=x%3D%2F%2B&encoding-type=url&list-type=2&prefix=");
}

TEST(S3Listing, ReadsKeysAndHowToGoOn) {
    const auto page = parse_listing(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3\"><Name>b</Name>"
        "<Prefix>a</Prefix><IsTruncated>true</IsTruncated>"
        "<Contents><Key>a+b%2Bc/%C3%A9</Key><ETag>&quot;x&quot;</ETag></Contents>"
        "<Contents><Key>d%09</Key></Contents>"
        "<NextContinuationToken>1&amp;2</NextContinuationToken></ListBucketResult>");
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->keys, (std::vector<std::string>{"a b+c/\xC3\xA9", "d\t"}));
    EXPECT_EQ(page->next, "1&2");
}

TEST(S3Listing, AnEmptyOneIsTheLastPage) {
    const auto page = parse_listing(
        "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount>"
        "</ListBucketResult>");
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->keys.empty());
    EXPECT_TRUE(page->next.empty());
}

TEST(S3Listing, RefusesWhatIsNone) {
    for (const char* xml :
         {"", "<Error/>", "<ListBucketResult><Contents></Contents></ListBucketResult>",
          "<ListBucketResult><Contents><Key>%zz</Key></Contents></ListBucketResult>",
          "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
        EXPECT_EQ(parse_listing(xml).error().code, ErrorCode::corrupt_data) << xml;
    }
}

}  // namespace
}  // namespace tributary::object_store
