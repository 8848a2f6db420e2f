#include <benchmark/benchmark.h>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "http/server.h"

// Requests a second on loopback: a POST of 286 bytes that is answered at once. The load is made by
// the measuring thread itself, which keeps every connection busy, so the time includes its own work
// and both sides' socket calls.
namespace tributary::http {
namespace {

class Acknowledging final : public Handler {
public:
    void handle(Request, Responder responder) override {
        Response response;
        response.headers.add("Content-Type", "application/json");
        response.body = R"({"id":"0193","topic":"orders","partition":0,"offset":1})";
        responder.send(std::move(response));
    }
};

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
    return fd;
}

std::string post_of(std::size_t body_bytes) {
    return "POST /produce HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           "Content-Length: " +
           std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
}

void request_and_answer(benchmark::State& state) {
    Acknowledging handler;
    EventLoop loop;
    const auto server = Server::listen(loop, ServerSettings(), handler);
    if (!server) return state.SkipWithError(server.error().message.c_str());
    loop.start(1);

    std::vector<pollfd> connections;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        connections.push_back(
            {.fd = connect_to((*server)->port()), .events = POLLIN, .revents = 0});
    }
    const std::string request = post_of(286);
    const auto send = [&](int fd) {
        return ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(request.size());
    };
    for (const pollfd& connection : connections) send(connection.fd);
    char answer[4096];
    std::int64_t answered = 0;
    for (auto _ : state) {
        ::poll(connections.data(), connections.size(), 1'000);
        for (const pollfd& connection : connections) {
            if ((connection.revents & POLLIN) == 0) continue;
            if (::recv(connection.fd, answer, sizeof answer, 0) <= 0 || !send(connection.fd)) {
                return state.SkipWithError("A connection was closed.");
            }
            ++answered;
        }
    }
    state.SetItemsProcessed(answered);
    for (const pollfd& connection : connections) ::close(connection.fd);
}
BENCHMARK(request_and_answer)->Arg(1)->Arg(64)->Arg(256)->UseRealTime();

}  // namespace
}  // namespace tributary::http
