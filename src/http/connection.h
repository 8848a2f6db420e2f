#pragma once

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/buffer_budget.h"
#include "http/incoming_body.h"
#include "http/request_parser.h"
#include "http/responder_target.h"
#include "http/server.h"

namespace tributary::http {

class ConnectionGroup;
class LoopThread;
struct ServerShared;

/// A socket that knows its executor's type: no indirect call an operation.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// One client's connection: reads a request, hands it to the handler, writes the answer, and only
/// then looks at the next request. Everything but `answer` and `abandon` happens on the thread of
/// its group. It lives as long as an operation, its group or a Responder needs it; after `close` it
/// holds no socket and does nothing any more.
class Connection final : public Responder::Target,
                         public Stream::Target,
                         public std::enable_shared_from_this<Connection> {
public:
    Connection(Socket socket, ConnectionGroup& group);

    void start();
    /// Closes the connection if no request has begun on it; the answer of one that has is its last.
    void drain();
    void close();
    [[nodiscard]] bool is_expired(std::uint64_t tick) const {
        return deadline_tick_ != 0 && tick >= deadline_tick_;
    }
    void on_timeout();

    void answer(Response response) override;
    void abandon() override;
    std::shared_ptr<Stream::Target> stream(Response head) override;
    bool write(std::string_view piece) override;
    void end() override;

private:
    enum class Phase { idle, head, body, handling, writing, streaming, lingering, closed };

    void read();
    void on_read(boost::system::error_code error, std::size_t bytes);
    [[nodiscard]] std::size_t read_size();
    void process_head();
    OrRefusal<void> begin_body();
    [[nodiscard]] OrRefusal<BodyPolicy> ask_policy(const Request& head);
    void send_continue();
    void process_body();
    void hand_over();

    void refuse_request(const Refusal& refusal);
    [[nodiscard]] Response error_response(const Refusal& refusal);
    void begin_answer(Response response);
    void write_answer(Response response, bool closes);
    void write();
    void on_written(boost::system::error_code error, std::size_t bytes);
    void on_answered();
    void linger();

    void begin_stream(Response head);
    void add_piece(const std::string& piece);
    void write_pieces();
    void on_pieces_written(boost::system::error_code error, std::size_t bytes);
    void end_stream();

    void set_deadline(std::chrono::milliseconds timeout);
    [[nodiscard]] std::string_view unread() const;
    [[nodiscard]] Socket& socket();
    [[nodiscard]] IncomingBody& body();

    std::optional<Socket> socket_;
    ConnectionGroup* group_;  ///< Not to be used once closed.
    const std::shared_ptr<ServerShared> shared_;
    const std::shared_ptr<LoopThread> thread_;
    std::string remote_address_;

    Phase phase_ = Phase::idle;
    std::uint64_t deadline_tick_ = 0;  ///< 0: none.
    bool is_reading_ = false;
    bool is_continuing_ = false;  ///< A `100 Continue` is being written.
    bool is_refused_ = false;     ///< The client may still be sending what nobody will read.
    bool closes_ = false;         ///< After the answer.
    bool is_head_request_ = false;

    boost::beast::flat_buffer input_;
    RequestParser parser_;
    BudgetShare share_;
    std::optional<IncomingBody> body_;
    std::string out_head_;
    std::string out_body_;
    std::size_t written_ = 0;

    // An answer that goes on. Pieces gather in `out_body_` while those of `out_head_` are sent.
    std::atomic<bool> is_stream_open_ = false;
    std::atomic<std::size_t> posted_bytes_ = 0;    ///< On their way to this thread.
    std::atomic<std::size_t> gathered_bytes_ = 0;  ///< In `out_body_`.
    bool is_chunked_ = false;
    bool is_sending_pieces_ = false;
    bool is_stream_ended_ = false;
};

}  // namespace tributary::http
