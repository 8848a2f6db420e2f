#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

/// For tests: certificates made on the spot, and a server that answers over TLS.
namespace tributary::http::testing {

/// A key and a certificate that signs itself, so it is its own CA.
class TestCertificate {
public:
    /// `names` as OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`. Valid for an hour from
    /// `seconds_from_now` on.
    explicit TestCertificate(const std::string& names, long seconds_from_now = 0)
        : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free),
          certificate_(X509_new(), X509_free) {
        static std::atomic<int> serial = 1;
        X509* raw = certificate_.get();
        X509_set_version(raw, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(raw), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(raw), seconds_from_now - 60);
        X509_gmtime_adj(X509_getm_notAfter(raw), seconds_from_now + 3600);
        X509_set_pubkey(raw, key_.get());
        const auto* common_name = reinterpret_cast<const unsigned char*>("tributary test");
        X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC, common_name, -1,
                                   -1, 0);
        X509_set_issuer_name(raw, X509_get_subject_name(raw));
        add_extension(NID_basic_constraints, "critical,CA:TRUE");
        add_extension(NID_subject_alt_name, names);
        X509_sign(raw, key_.get(), EVP_sha256());
        write_pem();
    }
    TestCertificate(const TestCertificate&) = delete;
    TestCertificate& operator=(const TestCertificate&) = delete;
    ~TestCertificate() { std::filesystem::remove(file_); }

    /// The certificate in PEM form.
    [[nodiscard]] const std::string& file() const { return file_; }
    void use_in(SSL_CTX* context) const {
        SSL_CTX_use_certificate(context, certificate_.get());
        SSL_CTX_use_PrivateKey(context, key_.get());
    }

private:
    void add_extension(int kind, const std::string& value) {
        X509_EXTENSION* extension =
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, const_cast<char*>(value.c_str()));
        X509_add_ext(certificate_.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }
    void write_pem() {
        file_ = (std::filesystem::temp_directory_path() / "tributary-ca-XXXXXX").string();
        std::FILE* file = ::fdopen(::mkstemp(file_.data()), "w");
        PEM_write_X509(file, certificate_.get());
        std::fclose(file);
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    std::unique_ptr<X509, decltype(&X509_free)> certificate_;
    std::string file_;
};

/// Answers every request on every connection with the same bytes, over TLS; one connection at a
/// time.
class TlsPeer {
public:
    /// What follows an answer; `cut` closes without the goodbye of TLS.
    enum class End { keep, goodbye, cut };

    TlsPeer(const TestCertificate& certificate, std::string reply, End end = End::keep,
            int newest_version = TLS1_3_VERSION)
        : reply_(std::move(reply)),
          end_(end),
          context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
          listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        certificate.use_in(context_.get());
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_.get(), newest_version);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        ::listen(listener_, 8);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;
    /// The client must be gone or have closed its connection, or close it soon.
    ~TlsPeer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int connections() const { return connections_; }
    /// Requests of which anything was readable: none where the client did not trust us.
    [[nodiscard]] int requests() const { return requests_; }
    /// The bytes of all requests' bodies.
    [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }

private:
    void run() {
        for (;;) {
            const int accepted = ::accept(listener_, nullptr, nullptr);
            if (accepted < 0) return;
            ++connections_;
            std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), SSL_free);
            SSL_set_fd(session.get(), accepted);
            if (SSL_accept(session.get()) == 1) {
                while (take_turn(session.get())) {
                }
                if (end_ == End::goodbye) SSL_shutdown(session.get());
            }
            ::close(accepted);
        }
    }

    bool take_turn(SSL* session) {
        std::string request;
        std::size_t length = std::string::npos;
        std::array<char, 16 * 1024> piece{};
        while (request.size() < length) {
            const int got = SSL_read(session, piece.data(), static_cast<int>(piece.size()));
            if (got <= 0) return false;
            request.append(piece.data(), static_cast<std::size_t>(got));
            const std::size_t head = request.find("\r\n\r\n");
            if (length != std::string::npos || head == std::string::npos) continue;
            ++requests_;
            const std::size_t field = request.find("Content-Length: ");
            const std::size_t body = field < head ? std::stoul(request.substr(field + 16)) : 0;
            body_bytes_ += body;
            length = head + 4 + body;
        }
        SSL_write(session, reply_.data(), static_cast<int>(reply_.size()));
        return end_ == End::keep;
    }

    const std::string reply_;
    const End end_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    const int listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::atomic<int> requests_ = 0;
    std::atomic<std::size_t> body_bytes_ = 0;
    std::thread thread_;
};

}  // namespace tributary::http::testing
