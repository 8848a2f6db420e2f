#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/body_decoder.h"
#include "http/buffer_budget.h"
#include "http/refusal.h"
#include "http/server.h"

namespace tributary::http {

/// One request's body on its way from the wire to a buffer or to a sink: decoded, and held to its
/// limits. A refusal ends the request.
class IncomingBody {
public:
    /// What a body of `policy` may cost is taken from `share`. `decoder` may be null.
    IncomingBody(BodyPolicy policy, std::unique_ptr<BodyDecoder> decoder, BudgetShare& share);

    /// Before anything is read: 413 where a body of this length is too long, 503 where there is no
    /// room for it now.
    OrRefusal<void> expect(std::uint64_t length);
    /// The next piece as it was sent.
    OrRefusal<void> write(std::string_view piece);
    OrRefusal<void> finish();

    [[nodiscard]] bool has_sink() const { return policy_.sink != nullptr; }
    [[nodiscard]] bool is_encoded() const { return decoder_ != nullptr; }
    /// The whole body; empty where a sink took it.
    std::string take() { return std::move(buffered_); }

private:
    OrRefusal<void> take_decoded(std::string_view piece);
    [[nodiscard]] std::unexpected<Refusal> too_long(std::string_view what) const;

    BodyPolicy policy_;
    std::unique_ptr<BodyDecoder> decoder_;
    BudgetShare& share_;
    std::uint64_t received_ = 0;
    std::uint64_t decoded_ = 0;
    std::string buffered_;
};

}  // namespace tributary::http
