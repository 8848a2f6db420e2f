#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/event_loop.h"
#include "http/message.h"

namespace tributary::http {

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one.
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = std::size_t{10} << 20;  ///< As sent and decompressed, each.
    std::size_t max_connections = 10'000;                ///< Further ones wait in the backlog.
    /// Bodies being read or answered, of all connections together; above it: 503.
    std::size_t max_buffered_bytes = std::size_t{256} << 20;
    std::chrono::milliseconds header_timeout{10'000};  ///< Whole header, from its first byte.
    std::chrono::milliseconds body_timeout{30'000};    ///< Whole body (a sink's: without progress).
    std::chrono::milliseconds idle_timeout{75'000};    ///< Between requests of a connection.
    std::chrono::milliseconds write_timeout{30'000};   ///< A client that does not read its answer.
};

/// An answer that goes on piece by piece for as long as the client stays. Destroyed, it ends the
/// answer and the connection. Any thread, one at a time.
class Stream {
public:
    class Target;
    explicit Stream(std::shared_ptr<Target> target);
    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&&) noexcept;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// Hands over the next piece; never blocks. False once nobody will read any more: the client is
    /// gone, the server drains, or 1 MiB waits for a client that does not keep up.
    [[nodiscard]] bool write(std::string_view piece);

private:
    std::shared_ptr<Target> target_;
};

/// Sends the answer of one request, once, from any thread. Destroyed unused, it sends a 500.
class Responder {
public:
    class Target;
    explicit Responder(std::shared_ptr<Target> target);
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&&) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    /// The first call counts. An answer to a client that has gone is dropped quietly.
    void send(Response response);
    /// Begins an answer of unknown length with this head; its body is ignored. Instead of `send`.
    [[nodiscard]] Stream stream(Response head);

private:
    std::shared_ptr<Target> target_;
};

/// Takes a body piece by piece instead of buffering it: uploads of any size. Called on a loop
/// thread; a short disk write is fine.
class BodySink {
public:
    virtual ~BodySink() = default;
    /// An error ends the request: it is answered with `status_of_error` and the connection closed.
    virtual Result<void> write(std::string_view piece) = 0;
    /// The last piece was written; the handler is called after this.
    virtual Result<void> finish() = 0;
};

/// How one request's body is to be treated, decided from its head alone.
struct BodyPolicy {
    std::size_t max_body_bytes = 0;  ///< 0: the server's own limit.
    std::unique_ptr<BodySink> sink;  ///< Null: buffered into Request::body.
};

/// An application: what to do with a request's body, and with the request. Called on loop threads,
/// several at once; neither may block.
class Handler {
public:
    virtual ~Handler() = default;
    /// Asked once the head is there, before the body is read. The default: buffered.
    virtual BodyPolicy on_head(const Request& head);
    virtual void handle(Request request, Responder responder) = 0;
    /// The body of an answer that the server itself makes (400, 408, 413, 415, 431, 500, 503).
    /// The default: a problem+json with `detail`.
    virtual Response on_error(int status, std::string_view detail);
};

/// An HTTP/1.1 server: keep-alive, pipelining-safe (answers in request order), limits on all that a
/// client can make grow. Thread-safe.
class Server {
public:
    /// Listens at once. `loop` and `handler` must outlive the server. `unavailable` with the
    /// address and the reason where it cannot.
    static Result<std::unique_ptr<Server>> listen(EventLoop& loop, ServerSettings settings,
                                                  Handler& handler);
    virtual ~Server() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// Open connections, for metrics.
    [[nodiscard]] virtual std::size_t connections() const = 0;
    /// Stops listening, answers what was begun (`Connection: close`), closes idle connections;
    /// returns when none is left or after `limit`, then closes the rest. Blocks; not on the loop.
    virtual void drain(std::chrono::milliseconds limit) = 0;
};

}  // namespace tributary::http
