#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "http/server.h"

/// What the tests of this module share: sockets that may misbehave, and a server to misbehave to.
namespace tributary::http::testing {

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

using std::chrono::milliseconds;

/// A plain TCP connection on which a test sends whatever bytes it likes.
class RawConnection {
public:
    explicit RawConnection(std::uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer > 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        const timeval limit{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_connected_ =
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;
    ~RawConnection() { close(); }

    [[nodiscard]] bool is_connected() const { return is_connected_; }

    /// False once the other side has reset the connection.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Reads until `is_enough(all so far)`, the end of the connection, or ten seconds of silence.
    std::string read_until(const std::function<bool(const std::string&)>& is_enough) {
        char piece[16 * 1024];
        while (!is_enough(received_)) {
            const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
            if (got < 0) received_ += errno == EAGAIN ? "<silence>" : "<reset>";
            if (got <= 0) break;
            received_.append(piece, static_cast<std::size_t>(got));
        }
        return std::exchange(received_, {});
    }
    std::string read_to_end() {
        return read_until([](const std::string&) { return false; });
    }
    /// One whole answer with a Content-Length; what comes behind it stays for the next call.
    std::string read_answer() {
        std::size_t end = 0;
        std::string all = read_until([&](const std::string& so_far) {
            const std::size_t head = so_far.find("\r\n\r\n");
            if (head == std::string::npos) return false;
            const std::size_t field = so_far.find("Content-Length: ");
            const std::size_t length =
                field < head ? std::stoul(so_far.substr(field + 16)) : std::size_t{0};
            end = head + 4 + length;
            return so_far.size() >= end;
        });
        if (end > 0 && all.size() > end) {
            received_ = all.substr(end);
            all.resize(end);
        }
        return all;
    }

    void finish_sending() const { ::shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_;
    bool is_connected_ = false;
    std::string received_;
};

/// A handler made of functions.
class ScriptedHandler final : public Handler {
public:
    std::function<BodyPolicy(const Request&)> policy = [](const Request&) { return BodyPolicy(); };
    std::function<void(Request, Responder)> reply = [](Request request, Responder responder) {
        Response response;
        response.headers.add("Content-Type", "text/plain");
        response.body = request.method + " " + request.target + " " + request.body;
        responder.send(std::move(response));
    };

    BodyPolicy on_head(const Request& head) override { return policy(head); }
    void handle(Request request, Responder responder) override {
        reply(std::move(request), std::move(responder));
    }
};

/// A running server; without other wishes it echoes method, target and body.
class TestServer {
public:
    explicit TestServer(ServerSettings settings = {}, int threads = 1)
        : server_(Server::listen(loop, std::move(settings), handler).value()) {
        loop.start(threads);
    }
    Server& operator*() { return *server_; }
    Server* operator->() { return server_.get(); }
    [[nodiscard]] std::uint16_t port() const { return server_->port(); }
    void destroy_server() { server_.reset(); }

    ScriptedHandler handler;
    EventLoop loop;

private:
    std::unique_ptr<Server> server_;
};

/// Whether `condition` becomes true within ten seconds.
inline bool eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < limit) {
        if (condition()) return true;
        std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
}

/// Sends `bytes` on a new connection and returns everything that comes back until it ends.
inline std::string send_raw(const TestServer& server, std::string_view bytes) {
    RawConnection connection(server.port());
    connection.send(bytes);
    return connection.read_to_end();
}

inline int status_of(std::string_view answer) {
    return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

}  // namespace tributary::http::testing
