#include "aws/signature.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tributary::aws {
namespace {

struct Field {
    const char* name;
    const char* value;
};

/// A row of AWS's published signatures.
struct Row {
    const char* name;
    const char* method;
    const char* target;
    std::vector<Field> headers;
    const char* body;
    const char* signature;
    const char* session_token = "";
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}

std::string signature_of(const Row& row, const std::string& host, const Credentials& credentials,
                         const Scope& scope, const char* time) {
    http::Request request;
    request.method = row.method;
    request.target = row.target;
    for (const Field& field : row.headers) request.headers.add(field.name, field.value);
    sign(request, host, sha256_hex(row.body), credentials, scope, *parse_rfc3339(time));
    const std::string_view authorization = request.headers.get("Authorization");
    return std::string(authorization.substr(authorization.find("Signature=") + 10));
}

/// The documentation of S3, "Authenticating Requests: Using the Authorization Header".
class S3Examples : public testing::TestWithParam<Row> {};

constexpr const char* kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST_P(S3Examples, HaveTheSignatureThatAwsPublished) {
    const Credentials credentials{"AKIAIOSFODNN7EXAMPLE",
                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
    EXPECT_EQ(signature_of(GetParam(), "examplebucket.s3.amazonaws.com", credentials,
                           {"us-east-1", "s3"}, "2013-05-24T00:00:00Z"),
              GetParam().signature);
}

INSTANTIATE_TEST_SUITE_P(
    Published, S3Examples,
    testing::Values(Row{"get_object",
                        "GET",
                        "/test.txt",
                        {{"Range", "bytes=0-9"}, {"x-amz-content-sha256", kEmptyHash}},
                        "",
                        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
                    Row{"put_object",
                        "PUT",
                        "/test%24file.text",
                        {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                         {"x-amz-content-sha256",
                          "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
                         {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                        "Welcome to Amazon S3.",
                        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
                    Row{"get_bucket_lifecycle",
                        "GET",
                        "/?lifecycle",
                        {{"x-amz-content-sha256", kEmptyHash}},
                        "",
                        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
                    Row{"list_objects",
                        "GET",
                        "/?max-keys=2&prefix=J",
                        {{"x-amz-content-sha256", kEmptyHash}},
                        "",
                        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}),
    [](const auto& row) { return row.param.name; });

/// The Signature Version 4 test suite, whose paths are given before they are encoded.
class SignatureSuite : public testing::TestWithParam<Row> {};

TEST_P(SignatureSuite, HasTheSignatureThatAwsPublished) {
    const Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                  GetParam().session_token};
    EXPECT_EQ(signature_of(GetParam(), "example.amazonaws.com", credentials,
                           {"us-east-1", "service"}, "2015-08-30T12:36:00Z"),
              GetParam().signature);
}

INSTANTIATE_TEST_SUITE_P(
    Published, SignatureSuite,
    testing::Values(
        Row{"get_vanilla",
            "GET",
            "/",
            {},
            "",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Row{"get_vanilla_query_order_encoded",
            "GET",
            "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            {},
            "",
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
        Row{"get_vanilla_utf8_query",
            "GET",
            "/?\xE1\x88\xB4=bar",
            {},
            "",
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        Row{"get_vanilla_query_unreserved",
            "GET",
            "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
            "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            {},
            "",
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
        Row{"get_utf8",
            "GET",
            "/\xE1\x88\xB4",
            {},
            "",
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
        Row{"get_unreserved",
            "GET",
            "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            {},
            "",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        Row{"get_space",
            "GET",
            "/example space/",
            {},
            "",
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
        Row{"get_header_value_trim",
            "GET",
            "/",
            {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
            "",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        Row{"get_header_value_multiline",
            "GET",
            "/",
            {{"My-Header1", "value1\n  value2\n     value3"}},
            "",
            "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
        Row{"get_header_key_duplicate",
            "GET",
            "/",
            {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
            "",
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        Row{"post_header_key_sort",
            "POST",
            "/",
            {{"My-Header1", "value1"}},
            "",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
        Row{"post_x_www_form_urlencoded",
            "POST",
            "/",
            {{"Content-Type", "application/x-www-form-urlencoded"},
             {"Content-Length", "13"},
             {"X-Amz-Content-Sha256",
              "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
            "Param1=value1",
            "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
        Row{"get_vanilla_with_session_token",
            "GET",
            "/",
            {},
            "",
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
            "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}),
    [](const auto& row) { return row.param.name; });

TEST(Signature, CanBeMadeAgainForALaterTry) {
    http::Request request;
    request.method = "GET";
    request.target = "/key";
    const Credentials credentials{"id", "secret", "session"};
    const Scope scope{"eu-west-1", "s3"};
    sign(request, "host", kEmptyHash, credentials, scope, *parse_rfc3339("2026-01-01T00:00:00Z"));
    const auto fields = request.headers.all().size();
    const std::string first(request.headers.get("Authorization"));
    sign(request, "host", kEmptyHash, credentials, scope, *parse_rfc3339("2026-01-01T00:00:09Z"));
    EXPECT_EQ(request.headers.all().size(), fields);
    EXPECT_NE(request.headers.get("Authorization"), first);
    sign(request, "host", kEmptyHash, credentials, scope, *parse_rfc3339("2026-01-01T00:00:00Z"));
    EXPECT_EQ(request.headers.get("Authorization"), first);
}

TEST(Signature, LeavesOutWhatProxiesMayChange) {
    const auto authorization = [](const char* trace) {
        http::Request request;
        request.method = "GET";
        request.target = "/key";
        request.headers.add("X-Amzn-Trace-Id", trace);
        sign(request, "host", kEmptyHash, {"id", "secret", ""}, {"eu-west-1", "s3"},
             *parse_rfc3339("2026-01-01T00:00:00Z"));
        return std::string(request.headers.get("Authorization"));
    };
    EXPECT_EQ(authorization("Root=1-a"), authorization("Root=1-b"));
}

}  // namespace
}  // namespace tributary::aws
