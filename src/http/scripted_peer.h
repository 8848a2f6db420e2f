#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tributary::http::testing {

/// A server that answers with the bytes it was told to, right or wrong. One connection at a time.
class ScriptedPeer {
public:
    enum class Then { keep, close, reset, wait };
    /// What happens with one request.
    struct Turn {
        std::string reply;
        Then then = Then::keep;  ///< `wait`: until the client closes.
        bool is_slow = false;    ///< A segment for every byte.
    };

    explicit ScriptedPeer(std::vector<Turn> turns)
        : script_(std::move(turns)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
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
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    /// The client must be gone or have closed its connection, or close it soon.
    ~ScriptedPeer() {
        ::shutdown(listener_, SHUT_RDWR);
        {
            const std::scoped_lock lock(mutex_);
            if (connection_ >= 0) ::shutdown(connection_, SHUT_RDWR);
            is_stopping_ = true;
        }
        thread_.join();
        ::close(listener_);
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t connections() const {
        const std::scoped_lock lock(mutex_);
        return connections_;
    }
    /// Requests seen.
    [[nodiscard]] std::size_t turns() const {
        const std::scoped_lock lock(mutex_);
        return received_.size();
    }
    [[nodiscard]] std::string received(std::size_t turn) const {
        const std::scoped_lock lock(mutex_);
        return received_.at(turn);
    }
    /// Until the connection has ended on which `turn` was.
    void wait_for_close(std::size_t turn) {
        std::unique_lock lock(mutex_);
        closed_.wait_for(lock, std::chrono::seconds(10),
                         [&] { return received_.size() > turn && connection_ < 0; });
    }

private:
    void run() {
        for (;;) {
            const int accepted = ::accept(listener_, nullptr, nullptr);
            if (accepted < 0) return;
            {
                const std::scoped_lock lock(mutex_);
                connection_ = accepted;
                ++connections_;
                if (is_stopping_) ::shutdown(accepted, SHUT_RDWR);
            }
            while (turns() < script_.size() && take_turn(accepted)) {
            }
            const std::scoped_lock lock(mutex_);
            connection_ = -1;
            ::close(accepted);
            closed_.notify_all();
        }
    }

    /// False once the connection is to be closed.
    bool take_turn(int connection) {
        std::string request;
        if (!read_request(connection, request)) return false;
        const Turn& turn = script_[turns()];
        {
            const std::scoped_lock lock(mutex_);
            received_.push_back(request);
        }
        const std::size_t step = turn.is_slow ? 1 : turn.reply.size();
        for (std::size_t at = 0; at < turn.reply.size(); at += step) {
            ::send(connection, turn.reply.data() + at, step, MSG_NOSIGNAL);
            if (turn.is_slow) std::this_thread::yield();
        }
        if (turn.then == Then::reset) {
            const linger hard{.l_onoff = 1, .l_linger = 0};
            ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        }
        char byte = 0;
        if (turn.then == Then::wait) ::recv(connection, &byte, 1, 0);
        return turn.then == Then::keep;
    }

    static bool read_request(int connection, std::string& request) {
        char byte = 0;
        std::size_t length = std::string::npos;
        while (request.size() < length) {
            if (::recv(connection, &byte, 1, 0) <= 0) return false;
            request += byte;
            if (length != std::string::npos || !request.ends_with("\r\n\r\n")) continue;
            const std::size_t field = request.find("Content-Length: ");
            const std::size_t body =
                field == std::string::npos ? 0 : std::stoul(request.substr(field + 16));
            length = request.size() + body;
        }
        return true;
    }

    const std::vector<Turn> script_;
    const int listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable closed_;
    int connection_ = -1;
    bool is_stopping_ = false;
    std::size_t connections_ = 0;
    std::vector<std::string> received_;
    std::thread thread_;
};

}  // namespace tributary::http::testing
