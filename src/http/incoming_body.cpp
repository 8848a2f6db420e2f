#include "http/incoming_body.h"

#include <fmt/format.h>

namespace tributary::http {

namespace {

/// Shorter bodies are read into a buffer of their announced length at once.
constexpr std::size_t kReserveAtMost = std::size_t{64} * 1024;

std::unexpected<Refusal> no_room() {
    return refuse(503,
                  "The server buffers as many request bodies as it may; nothing of this request "
                  "was processed; send it again a little later.");
}

std::unexpected<Refusal> from_sink(Error error) {
    switch (error.code) {
        case ErrorCode::retry_later:
        case ErrorCode::unavailable:
        case ErrorCode::shutting_down: return refuse(503, std::move(error.message));
        case ErrorCode::invalid_input: return refuse(400, std::move(error.message));
        case ErrorCode::not_found:
        case ErrorCode::conflict:
        case ErrorCode::timed_out:
        case ErrorCode::corrupt_data:
        case ErrorCode::internal: break;
    }
    return refuse(500, std::move(error.message));
}

}  // namespace

IncomingBody::IncomingBody(BodyPolicy policy, std::unique_ptr<BodyDecoder> decoder,
                           BudgetShare& share)
    : policy_(std::move(policy)), decoder_(std::move(decoder)), share_(share) {
}

OrRefusal<void> IncomingBody::expect(std::uint64_t length) {
    if (length > policy_.max_body_bytes) return too_long(fmt::format("{} bytes are", length));
    if (has_sink()) return {};
    if (!share_.try_grow_to(length)) return no_room();
    if (!is_encoded()) buffered_.reserve(std::min<std::size_t>(length, kReserveAtMost));
    return {};
}

OrRefusal<void> IncomingBody::write(std::string_view piece) {
    received_ += piece.size();
    if (received_ > policy_.max_body_bytes) return too_long("The body is");
    if (!is_encoded()) return take_decoded(piece);
    const auto target = [this](std::string_view decoded) { return take_decoded(decoded); };
    if (auto decoded = decoder_->decode(piece, target); !decoded) return decoded;
    if (!share_.try_grow_to(decoder_->memory() + buffered_.size())) return no_room();
    return {};
}

OrRefusal<void> IncomingBody::take_decoded(std::string_view piece) {
    decoded_ += piece.size();
    if (decoded_ > policy_.max_body_bytes) return too_long("The decompressed body is");
    if (has_sink()) {
        if (auto written = policy_.sink->write(piece); !written) {
            return from_sink(std::move(written.error()));
        }
        return {};
    }
    if (!share_.try_grow_to(buffered_.size() + piece.size())) return no_room();
    buffered_.append(piece);
    return {};
}

OrRefusal<void> IncomingBody::finish() {
    if (is_encoded() && received_ > 0) {
        if (auto finished = decoder_->finish(); !finished) return finished;
    }
    if (!has_sink()) return {};
    if (auto finished = policy_.sink->finish(); !finished) {
        return from_sink(std::move(finished.error()));
    }
    return {};
}

std::unexpected<Refusal> IncomingBody::too_long(std::string_view what) const {
    return refuse(413, fmt::format("{} more than the {} bytes that are allowed here; send less at "
                                   "once.",
                                   what, policy_.max_body_bytes));
}

}  // namespace tributary::http
