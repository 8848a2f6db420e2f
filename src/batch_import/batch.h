#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch_import/item_scanner.h"
#include "event/event.h"
#include "producer_client/producer_client.h"
#include "receipt/receipt.h"
#include "tracing/span.h"

namespace tributary::batch_import {

/// Consecutive items of a file on their way to the Producer.
struct Batch {
    struct Item {
        std::uint64_t index = 0;
        std::uint64_t byte = 0;
        std::uint64_t size = 0;
        std::size_t text_begin = 0;  ///< Within `text`.
        std::size_t text_size = 0;
        /// Why it is no event; the items without one are `events`, in the same order.
        std::optional<receipt::Problem> problem;
    };
    std::vector<Item> items;
    std::string text;         ///< The items' bytes, for those that turn out to be rejects.
    std::string traceparent;  ///< Of the events that bring none of their own.
    std::vector<event::Event> events;
    ScanPosition behind;                ///< Where the file goes on after this batch.
    std::optional<tracing::Span> span;  ///< From reading it until it came back.
    producer_client::Sent sent;         ///< One outcome per event, once it came back.

    [[nodiscard]] std::string_view text_of(const Item& item) const {
        return std::string_view(text).substr(item.text_begin, item.text_size);
    }
};

/// The first problem that is not its item's own but the environment's fault: every item behind it
/// would meet it, too. Null where there is none.
const receipt::Problem* obstacle_of(const Batch& batch);

/// Hands events to the Producer: `ProducerClient::send`, or a test's script.
using Send = std::function<producer_client::Sent(std::span<const event::Event>,
                                                 std::chrono::milliseconds limit)>;

}  // namespace tributary::batch_import
