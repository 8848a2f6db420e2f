#include <fstream>
#include <gtest/gtest.h>

#include "http/client.h"
#include "http/scripted_peer.h"
#include "http/tls_peer.h"

namespace tributary::http {
namespace {

using namespace std::chrono_literals;
using testing::ScriptedPeer;
using testing::TestCertificate;
using testing::TlsPeer;

constexpr std::string_view kSecret = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kUntilTheEnd = "HTTP/1.1 200 OK\r\n\r\nok";

Url https_url(std::uint16_t port, std::string host = "127.0.0.1") {
    return {.scheme = "https", .host = std::move(host), .port = port, .path = ""};
}

ClientSettings trusting(const TestCertificate& certificate) {
    ClientSettings settings;
    settings.ca_file = certificate.file();
    return settings;
}

Request request_for_root(std::string method, std::string body = {}) {
    Request request;
    request.method = std::move(method);
    request.target = "/";
    request.body = std::move(body);
    return request;
}

/// The sentence with which a request to `url` failed before anything of it was sent.
std::string refusal(const Url& url, const ClientSettings& settings) {
    Client client(url, settings);
    const auto response = client.send(request_for_root("POST", "secret"), 10s);
    if (response) {
        ADD_FAILURE() << "it was answered";
        return {};
    }
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
    return response.error().message;
}

TEST(ClientTls, SendsSeveralRequestsOverOneConnection) {
    const TestCertificate certificate("IP:127.0.0.1");
    TlsPeer peer(certificate, std::string(kSecret));
    Client client(https_url(peer.port()), trusting(certificate));
    for (int i = 0; i < 3; ++i) {
        const auto response = client.send(request_for_root("POST", "body"), 10s);
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->body, "ok");
    }
    EXPECT_EQ(peer.requests(), 3);
    EXPECT_EQ(peer.connections(), 1);
}

TEST(ClientTls, SendsAndReceivesBodiesOfManyRecords) {
    const TestCertificate certificate("DNS:localhost");
    const std::string large(std::size_t{3} << 20, 'x');
    TlsPeer peer(certificate, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) +
                                  "\r\n\r\n" + large);
    Client client(https_url(peer.port(), "localhost"), trusting(certificate));
    const auto response = client.send(request_for_root("POST", large), 10s);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(response->body == large);
    EXPECT_EQ(peer.body_bytes(), large.size());
}

TEST(ClientTls, SendsNothingToAServerThatNobodyItTrustsVouchesFor) {
    const TestCertificate certificate("IP:127.0.0.1");
    const TestCertificate other("IP:127.0.0.1");
    TlsPeer peer(certificate, std::string(kSecret));
    for (const auto& settings : {trusting(other), ClientSettings()}) {
        const auto sentence = refusal(https_url(peer.port()), settings);
        EXPECT_NE(sentence.find("not trusted"), std::string::npos) << sentence;
    }
    EXPECT_EQ(peer.requests(), 0);
}

TEST(ClientTls, SendsNothingToAServerOfAnotherName) {
    const TestCertificate by_name("DNS:localhost,DNS:*.example.org");
    TlsPeer named(by_name, std::string(kSecret));
    EXPECT_NE(refusal(https_url(named.port()), trusting(by_name)).find("IP address mismatch"),
              std::string::npos);
    EXPECT_EQ(named.requests(), 0);

    const TestCertificate by_address("IP:127.0.0.1,DNS:elsewhere");
    TlsPeer addressed(by_address, std::string(kSecret));
    EXPECT_NE(refusal(https_url(addressed.port(), "localhost"), trusting(by_address))
                  .find("hostname mismatch"),
              std::string::npos);
    EXPECT_EQ(addressed.requests(), 0);
}

TEST(ClientTls, SendsNothingWhereTheCertificateIsNotValidToday) {
    const TestCertificate past("IP:127.0.0.1", -86'400);
    const TestCertificate future("IP:127.0.0.1", 86'400);
    TlsPeer expired(past, std::string(kSecret));
    EXPECT_NE(refusal(https_url(expired.port()), trusting(past)).find("expired"),
              std::string::npos);
    TlsPeer early(future, std::string(kSecret));
    EXPECT_NE(refusal(https_url(early.port()), trusting(future)).find("not yet valid"),
              std::string::npos);
    EXPECT_EQ(expired.requests() + early.requests(), 0);
}

TEST(ClientTls, RefusesOldVersions) {
    const TestCertificate certificate("IP:127.0.0.1");
    TlsPeer old(certificate, std::string(kSecret), TlsPeer::End::keep, TLS1_1_VERSION);
    refusal(https_url(old.port()), trusting(certificate));
    EXPECT_EQ(old.requests(), 0);
    TlsPeer middle_aged(certificate, std::string(kSecret), TlsPeer::End::keep, TLS1_2_VERSION);
    Client client(https_url(middle_aged.port()), trusting(certificate));
    EXPECT_TRUE(client.send(request_for_root("GET"), 10s));
}

TEST(ClientTls, IsUnavailableWhereTheServerSpeaksNoTls) {
    const TestCertificate certificate("IP:127.0.0.1");
    ScriptedPeer closes({{.reply = "HTTP/1.1 400 Bad Request\r\n\r\n"}});
    ClientSettings settings = trusting(certificate);
    settings.connect_timeout = 500ms;
    refusal(https_url(closes.port()), settings);
}

TEST(ClientTls, ConnectsAgainWhereTheServerHasClosed) {
    const TestCertificate certificate("IP:127.0.0.1");
    TlsPeer peer(certificate, std::string(kSecret), TlsPeer::End::goodbye);
    Client client(https_url(peer.port()), trusting(certificate));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.send(request_for_root("GET"), 10s));
    EXPECT_EQ(peer.connections(), 3);
}

TEST(ClientTls, TakesAnEndForTheEndOnlyWithAGoodbye) {
    const TestCertificate certificate("IP:127.0.0.1");
    TlsPeer polite(certificate, std::string(kUntilTheEnd), TlsPeer::End::goodbye);
    Client client(https_url(polite.port()), trusting(certificate));
    const auto whole = client.send(request_for_root("GET"), 10s);
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->body, "ok");

    TlsPeer cut(certificate, std::string(kUntilTheEnd), TlsPeer::End::cut);
    Client suspicious(https_url(cut.port()), trusting(certificate));
    const auto half = suspicious.send(request_for_root("GET"), 10s);
    ASSERT_FALSE(half);
    EXPECT_EQ(half.error().code, ErrorCode::timed_out);
}

TEST(ClientTls, NamesACaFileThatCannotBeRead) {
    ClientSettings settings;
    settings.ca_file = "/no/such/ca.pem";
    Client client(https_url(1), settings);
    const auto response = client.send(request_for_root("GET"), 10s);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::invalid_input);
    EXPECT_NE(response.error().message.find("/no/such/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace tributary::http
