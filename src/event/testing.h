#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "base/manual_clock.h"
#include "base/uuid.h"
#include "event/catalog.h"
#include "event/decoder.h"

namespace tributary::event {

/// A decoder over the built-in types, and short ways to ask it.
class DecoderTest : public testing::Test {
protected:
    DecoderTest() { envelope_.now = clock_.now(); }

    std::expected<Decoded, Rejection> decode(std::string_view body) {
        return decoder_.decode(body, envelope_);
    }

    /// The one event that `body` is.
    Event event_of(std::string_view body) {
        auto decoded = decode(body);
        if (!decoded || decoded->items.size() != 1 || !decoded->items.front()) {
            ADD_FAILURE() << body << " is refused: " << rejection_of(body).detail;
            return {};
        }
        EXPECT_FALSE(decoded->is_batch);
        return std::move(*decoded->items.front());
    }

    /// Why `body`, or the one item that it is, is refused.
    Rejection rejection_of(std::string_view body) {
        auto decoded = decode(body);
        if (!decoded) return decoded.error();
        if (decoded->items.size() == 1 && !decoded->items.front()) {
            return decoded->items.front().error();
        }
        ADD_FAILURE() << body << " is accepted";
        return {Rejection::Kind::invalid, "", {}, ""};
    }

    /// `/type /data`: the pointers of the violations.
    std::string pointers_of(std::string_view body) {
        std::string pointers;
        for (const Violation& violation : rejection_of(body).violations) {
            if (!pointers.empty()) pointers += ' ';
            pointers += violation.pointer;
        }
        return pointers;
    }

    ManualClock clock_;
    Catalog catalog_ = Catalog::built_in();
    UuidV7 ids_{clock_};
    Decoder decoder_{catalog_, ids_};
    Envelope envelope_;
};

}  // namespace tributary::event
