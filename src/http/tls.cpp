#include "http/tls.h"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace tributary::http {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

/// Where distributions keep what they trust: our OpenSSL knows only its own distribution's place,
/// and a Lambda runs on another one.
constexpr std::array kBundles{"/etc/ssl/certs/ca-certificates.crt",
                              "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

void trust_the_system(ssl::context& context) {
    error_code ignored;
    context.set_default_verify_paths(ignored);
    if (std::filesystem::exists(X509_get_default_cert_dir(), ignored)) return;
    for (const char* bundle : kBundles) {
        if (std::filesystem::exists(bundle, ignored)) context.load_verify_file(bundle, ignored);
    }
}

}  // namespace

Result<ssl::context> make_tls_context(const std::string& ca_file) {
    ssl::context context(ssl::context::tls_client);
    context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                        ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    context.set_verify_mode(ssl::verify_peer);
    if (ca_file.empty()) {
        trust_the_system(context);
        return context;
    }
    error_code error;
    context.load_verify_file(ca_file, error);
    if (error) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The file \"{}\" with the certificates to trust cannot be read: "
                                "{}. It must hold at least one certificate in PEM form.",
                                ca_file, error.message()));
    }
    return context;
}

Result<void> expect_host(SSL& session, const std::string& host) {
    X509_VERIFY_PARAM* expected = SSL_get0_param(&session);
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    // The macro SSL_set_tlsext_host_name has a cast of the old style in it.
    std::string name = host;
    const bool is_set =
        no_address ? X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1 &&
                         SSL_ctrl(&session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                  name.data()) == 1
                   : X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
    if (is_set) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("'{}' cannot be checked against a certificate.", host));
}

std::string why_not_trusted(const SSL& session) {
    const long outcome = SSL_get_verify_result(&session);
    if (outcome == X509_V_OK) return {};
    return fmt::format(
        "its certificate is not trusted ({}); name the file of the CA that signed "
        "it, or mend the certificate",
        X509_verify_cert_error_string(outcome));
}

}  // namespace tributary::http
