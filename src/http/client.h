#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace tributary::http {

/// `http://host:port/prefix`, taken apart.
struct Url {
    std::string scheme;  ///< `http` or `https`
    std::string host;
    std::uint16_t port = 80;
    std::string path;  ///< Without a trailing slash; empty for the root.
    /// Host names and addresses, IPv6 ones in brackets; no user, query or fragment.
    /// `invalid_input` with the text and what is allowed.
    static Result<Url> parse(std::string_view text);
};

struct ClientSettings {
    std::chrono::milliseconds connect_timeout{5'000};  ///< The TLS handshake included.
    std::size_t max_response_bytes = std::size_t{64} << 20;
    /// With https: PEM file of the certificates to trust; empty: those that the system trusts.
    std::string ca_file;
};

/// A blocking HTTP/1.1 client for one server, keeping one connection alive. One thread.
/// A kept connection that the server has closed meanwhile is noticed and replaced before anything
/// is sent. A request that failed before any byte of an answer on a reused connection is sent again
/// once on a new one when its method is idempotent (GET, HEAD, PUT, DELETE) or `may_repeat` says
/// so; an upload never is, because its source cannot be read twice.
/// With https (TLS 1.2 or newer) nothing is sent before the server has proved with a certificate
/// that we trust that it is the host of the URL; there is no switch to skip that.
/// It starts no thread, except that the first look-up of a host name (not of an address) does; a
/// look-up that hangs does not delay an answer, but the destructor waits for it.
class Client {
public:
    /// Hands out the next piece of a request body; empty at the end.
    using BodySource = std::function<Result<std::string_view>()>;
    /// Takes the next piece of a response body.
    using BodyTarget = std::function<Result<void>(std::string_view)>;

    explicit Client(Url server);
    /// `server.path` is put before each request's target.
    Client(Url server, ClientSettings settings);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// `target` is path and query, encoded. `deadline` covers everything from connecting to the
    /// last byte. `unavailable`: the request was certainly not processed (no connection);
    /// `timed_out`: it was sent, and its fate is unknown (deadline, connection cut, an answer that
    /// is no HTTP or longer than allowed). Host and Content-Length are added, Connection is ours.
    Result<Response> send(Request request, std::chrono::milliseconds deadline,
                          bool may_repeat = false);

    /// Sends a body of `length` bytes from `source`; an `Expect: 100-continue` is not used. An
    /// error of `source` is returned as it is, and the connection cut, so that the server sees no
    /// whole request; `invalid_input` where it ends before or runs over `length`. A server that
    /// answers before it has read all is heard, and the rest not sent.
    Result<Response> upload(Request head, std::uint64_t length, const BodySource& source,
                            std::chrono::milliseconds deadline);

    /// The same as `send`, but the body of a 2xx goes to `target` piece by piece, however long it
    /// is. An error of `target` is returned as it is. Repeated only before the first piece.
    Result<Response> download(Request request, const BodyTarget& target,
                              std::chrono::milliseconds deadline);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tributary::http
