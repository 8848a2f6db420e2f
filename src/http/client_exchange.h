#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "http/client_stream.h"
#include "http/response_parser.h"

namespace tributary::http {

/// What goes out: a head and either a body or the source of one.
struct OutgoingRequest {
    std::string head;
    std::string_view body;
    const Client::BodySource* source = nullptr;
    std::uint64_t source_length = 0;
};

/// One request and its answer on a connected stream. Writes and reads at the same time, so that a
/// server that answers early (413) is heard.
class ClientExchange {
public:
    ClientExchange(boost::asio::io_context& context, ClientStream& stream,
                   const OutgoingRequest& request, ResponseParser& parser)
        : context_(context),
          stream_(stream),
          parser_(parser),
          source_(request.source),
          source_left_(request.source_length),
          head_(request.head),
          piece_(request.body) {}
    ClientExchange(const ClientExchange&) = delete;
    ClientExchange& operator=(const ClientExchange&) = delete;

    /// Runs the context until the answer is complete or the stream has failed.
    Result<void> run();
    [[nodiscard]] bool has_sent_anything() const { return has_sent_anything_; }
    /// The stream is where the next request may begin.
    [[nodiscard]] bool leaves_stream_clean() const;

private:
    void write();
    void on_written(boost::system::error_code error, std::size_t bytes);
    void next_piece();
    void read();
    void on_read(boost::system::error_code error, std::size_t bytes);
    void finish(Result<void> outcome);

    boost::asio::io_context& context_;
    ClientStream& stream_;
    ResponseParser& parser_;
    const Client::BodySource* source_;
    std::uint64_t source_left_;
    std::string_view head_;   ///< What is still to be written of it.
    std::string_view piece_;  ///< Likewise.
    boost::beast::flat_buffer input_;
    std::optional<Result<void>> outcome_;
    bool has_sent_anything_ = false;
    bool is_writing_ = false;
    bool is_reading_ = false;
};

}  // namespace tributary::http
