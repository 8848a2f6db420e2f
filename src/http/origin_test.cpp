#include "http/origin.h"

#include <gtest/gtest.h>

namespace tributary::http {
namespace {

Request request_with(const std::string& method,
                     const std::vector<std::pair<std::string, std::string>>& fields) {
    Request request;
    request.method = method;
    request.target = "/";
    request.headers.set("Host", "127.0.0.1:8081");
    for (const auto& [name, value] : fields) request.headers.set(name, value);
    return request;
}

TEST(Origin, IsForeignWhereItIsNotTheHostThatIsAsked) {
    for (const char* origin : {"https://evil.example", "null", "", "http://127.0.0.1",
                               "http://127.0.0.1:8080", "http://127.0.0.1:8081.evil.example"}) {
        EXPECT_TRUE(is_from_foreign_page(request_with("POST", {{"Origin", origin}}))) << origin;
        EXPECT_FALSE(is_from_foreign_page(request_with("GET", {{"Origin", origin}}))) << origin;
    }
    EXPECT_TRUE(is_from_foreign_page(request_with("POST", {{"Sec-Fetch-Site", "cross-site"}})));
}

TEST(Origin, IsOursWhereItIsTheHostOrWhereThereIsNoPage) {
    EXPECT_FALSE(is_from_foreign_page(request_with("POST", {})));
    EXPECT_FALSE(is_from_foreign_page(request_with("POST", {{"Sec-Fetch-Site", "same-origin"}})));
    for (const char* origin : {"http://127.0.0.1:8081", "https://127.0.0.1:8081"}) {
        EXPECT_FALSE(is_from_foreign_page(request_with("POST", {{"Origin", origin}}))) << origin;
    }
    EXPECT_FALSE(is_from_foreign_page(
        request_with("POST", {{"Host", "Shop.example"}, {"Origin", "https://shop.example"}})));
}

TEST(Origin, IsOursWithAndWithoutTheDefaultPortOfItsScheme) {
    for (const auto& [host, origin] : std::vector<std::pair<std::string, std::string>>{
             {"shop.example:443", "https://shop.example"},
             {"shop.example", "https://shop.example:443"},
             {"shop.example:80", "http://shop.example"},
             {"shop.example", "http://shop.example:80"}}) {
        EXPECT_FALSE(
            is_from_foreign_page(request_with("POST", {{"Host", host}, {"Origin", origin}})))
            << host << " " << origin;
    }
    for (const auto& [host, origin] : std::vector<std::pair<std::string, std::string>>{
             {"shop.example:80", "https://shop.example"},
             {"shop.example:443", "http://shop.example"},
             {"shop.example:8443", "https://shop.example"},
             {":443", "https://evil.example"},
             {"", "https://"}}) {
        EXPECT_TRUE(
            is_from_foreign_page(request_with("POST", {{"Host", host}, {"Origin", origin}})))
            << host << " " << origin;
    }
}

TEST(Origin, IsOursWhereItIsTheHostThatAProxyWasAskedFor) {
    for (const char* forwarded :
         {"shop.example", "Shop.example:443", "shop.example, inner.example"}) {
        EXPECT_FALSE(is_from_foreign_page(request_with(
            "POST", {{"X-Forwarded-Host", forwarded}, {"Origin", "https://shop.example"}})))
            << forwarded;
    }
    for (const char* forwarded : {"", "inner.example, shop.example", "shop.example:8443"}) {
        EXPECT_TRUE(is_from_foreign_page(request_with(
            "POST", {{"X-Forwarded-Host", forwarded}, {"Origin", "https://shop.example"}})))
            << forwarded;
    }
    EXPECT_TRUE(is_from_foreign_page(request_with(
        "POST", {{"X-Forwarded-Host", "shop.example"}, {"Origin", "https://evil.example"}})));
    EXPECT_TRUE(is_from_foreign_page(request_with("POST", {{"X-Forwarded-Host", "shop.example"},
                                                           {"Origin", "https://shop.example"},
                                                           {"Sec-Fetch-Site", "cross-site"}})));
}

TEST(Host, IsKnownAsAnAddressAsLocalhostAndByItsNames) {
    const std::vector<std::string> names{"Shop.example"};
    for (const char* host : {"127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080",
                             "10.1.2.3:80", "shop.example", "SHOP.example:8080"}) {
        EXPECT_TRUE(is_for_known_host(request_with("GET", {{"Host", host}}), names)) << host;
    }
    for (const char* host : {"", "evil.example", "localhost.evil.example", "[", "1.2.3",
                             "127.0.0.1.evil.example", "shop.example.evil.example"}) {
        EXPECT_FALSE(is_for_known_host(request_with("GET", {{"Host", host}}), names)) << host;
    }
}

}  // namespace
}  // namespace tributary::http
