#include "http/client.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "http/client_exchange.h"
#include "http/client_stream.h"
#include "http/message_head.h"
#include "http/response_parser.h"

namespace tributary::http {

namespace {

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

std::string host_field(const Url& server) {
    const bool is_ipv6 = server.host.find(':') != std::string::npos;
    std::string host = is_ipv6 ? fmt::format("[{}]", server.host) : server.host;
    const std::uint16_t usual_port = server.scheme == "https" ? 443 : 80;
    if (server.port != usual_port) host += fmt::format(":{}", server.port);
    return host;
}

}  // namespace

class Client::Implementation {
public:
    Implementation(Url server, ClientSettings settings)
        : server_(std::move(server)),
          settings_(std::move(settings)),
          stream_(context_, server_, settings_.ca_file),
          deadline_(context_) {}

    /// What does not differ between the attempts of one call.
    struct Call {
        const Request& request;
        OutgoingRequest outgoing;
        const BodyTarget* target = nullptr;
        bool may_repeat = false;
    };

    Result<Response> perform(Call call, std::chrono::milliseconds limit) {
        const std::uint64_t length = call.outgoing.source != nullptr ? call.outgoing.source_length
                                                                     : call.outgoing.body.size();
        auto head = request_head(call.request, host_field(server_), server_.path, length);
        if (!head) return std::unexpected(std::move(head.error()));
        call.outgoing.head = std::move(*head);

        if (limit <= std::chrono::milliseconds(0)) return no_time_left();
        context_.restart();
        deadline_.arm(limit, [this] { stream_.close(); });
        auto response = attempt(call, stream_.is_reusable());
        deadline_.disarm();
        return response;
    }

private:
    Result<Response> attempt(const Call& call, bool reuses) {
        if (!reuses) {
            if (deadline_.has_expired()) return no_time_left();
            if (auto connected = stream_.connect(settings_.connect_timeout); !connected) {
                return std::unexpected(std::move(connected.error()));
            }
        }
        ResponseParser parser(call.request.method == "HEAD", settings_.max_response_bytes,
                              call.target);
        ClientExchange exchange(context_, stream_, call.outgoing, parser);
        auto outcome = exchange.run();
        if (outcome) {
            if (!parser.is_keep_alive() || !exchange.leaves_stream_clean()) stream_.close();
            return parser.take();
        }
        stream_.close();
        const bool was_stale = reuses && !parser.has_begun() && !deadline_.has_expired();
        Error error = explain(std::move(outcome.error()), exchange);
        if (!was_stale || !call.may_repeat) return std::unexpected(std::move(error));
        auto again = attempt(call, false);
        // "Nothing was sent" by the second says nothing about the first.
        const bool is_unsent = !again && again.error().code == ErrorCode::unavailable;
        if (is_unsent && error.code == ErrorCode::timed_out) {
            error.message += " Then: " + again.error().message;
            return std::unexpected(std::move(error));
        }
        return again;
    }

    [[nodiscard]] std::unexpected<Error> no_time_left() const {
        return fail(ErrorCode::unavailable,
                    fmt::format("There was no time left for a request to {} port {}; nothing was "
                                "sent.",
                                server_.host, server_.port));
    }

    [[nodiscard]] Error explain(Error error, const ClientExchange& exchange) const {
        if (error.code != ErrorCode::timed_out) return error;
        if (!exchange.has_sent_anything()) {
            return {ErrorCode::unavailable,
                    fmt::format("The connection to {} port {} failed before anything was sent.",
                                server_.host, server_.port)};
        }
        const std::string_view what =
            deadline_.has_expired() ? "No complete answer within the deadline; whether the server "
                                      "processed the request is unknown."
                                    : std::string_view(error.message);
        return {ErrorCode::timed_out,
                fmt::format("{} port {}: {}", server_.host, server_.port, what)};
    }

    const Url server_;
    const ClientSettings settings_;
    boost::asio::io_context context_{1};
    ClientStream stream_;
    Deadline deadline_;
};

Client::Client(Url server) : Client(std::move(server), ClientSettings()) {
}

Client::Client(Url server, ClientSettings settings)
    : implementation_(std::make_unique<Implementation>(std::move(server), std::move(settings))) {
}

Client::~Client() = default;

Result<Response> Client::send(Request request, std::chrono::milliseconds deadline,
                              bool may_repeat) {
    const bool repeats = may_repeat || is_idempotent(request.method);
    OutgoingRequest outgoing;
    outgoing.body = request.body;
    return implementation_->perform({request, std::move(outgoing), nullptr, repeats}, deadline);
}

Result<Response> Client::upload(Request head, std::uint64_t length, const BodySource& source,
                                std::chrono::milliseconds deadline) {
    OutgoingRequest outgoing;
    outgoing.source = &source;
    outgoing.source_length = length;
    return implementation_->perform({head, std::move(outgoing), nullptr, false}, deadline);
}

Result<Response> Client::download(Request request, const BodyTarget& target,
                                  std::chrono::milliseconds deadline) {
    const bool repeats = is_idempotent(request.method);
    OutgoingRequest outgoing;
    outgoing.body = request.body;
    return implementation_->perform({request, std::move(outgoing), &target, repeats}, deadline);
}

}  // namespace tributary::http
