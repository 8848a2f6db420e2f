#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "document_index/document_index.h"
#include "event/decoder.h"
#include "event_log/event_log.h"
#include "indexing/buffer.h"
#include "indexing/document_turns.h"
#include "indexing/verdicts.h"

namespace tributary::indexing {

/// Why a record cannot be indexed, and how far its dead letter has come.
struct DeadLetter {
    Judgement judgement;
    std::string event_id;             ///< Empty where it is not known.
    bool is_value_replaced = false;   ///< The log did not take the value: too large.
    int failures = 0;                 ///< Of writing the letter, in a row.
    event_log::LogPosition position;  ///< Where it lies, once it is written.
};

/// One record on its way from the log to an end: a document or a dead letter.
struct Item {
    std::uint64_t assignment = 0;  ///< The ownership of its partition that it belongs to.
    event_log::Record record;      ///< Its value is moved out where `stored` has the same bytes.
    event::StoredEvent stored;     ///< Empty and without a type where it could not be decoded.
    std::string document_id;
    std::string digest;
    Timestamp received_at;
    std::unique_ptr<DeadLetter> letter;  ///< Set once it cannot be indexed.

    int failures = 0;                    ///< Of this item alone.
    std::uint64_t successes_before = 0;  ///< On its index, when it failed first.
    bool is_sampled = false;             ///< Whether its traceparent asks for log lines and spans.
    SteadyTime taken_at;                 ///< When it was read.
    SteadyTime queued_at;
    BufferShare share;
    DocumentTurn turn;    ///< While it may be written.
    BufferShare waiting;  ///< While another one has the turn.

    /// The record's value, byte for byte.
    [[nodiscard]] std::string_view value() const {
        return record.value.empty() ? stored.event.json : record.value;
    }
    /// The id of the event; empty where it is not known.
    [[nodiscard]] const std::string& event_id() const {
        return letter ? letter->event_id : stored.event.id;
    }
    /// Of the record's header, or the event's own; empty where there is none.
    [[nodiscard]] std::string_view traceparent() const {
        const std::string_view header = record.header("traceparent");
        return header.empty() ? std::string_view(stored.event.traceparent) : header;
    }
    [[nodiscard]] document_index::Origin origin() const {
        return {record.topic, record.partition, record.offset};
    }
    /// The index that it is meant for now: its dead letter goes elsewhere.
    [[nodiscard]] std::string_view index() const {
        if (letter) return document_index::kDeadLettersIndex;
        return stored.event.type->index;
    }
    [[nodiscard]] std::size_t bytes() const {
        return record.value.size() + stored.event.json.size() + stored.text.size();
    }
};
using ItemPtr = std::unique_ptr<Item>;

/// Turns records into items. Keeps a parser; one thread.
class ItemMaker {
public:
    /// `catalog` and `usage` must outlive this object and its items.
    ItemMaker(const event::Catalog& catalog, BufferUsage& usage)
        : decoder_(catalog), usage_(usage) {}

    /// Walks the payload completely. An item with a `letter` cannot be indexed.
    ItemPtr make(event_log::Record record, std::uint64_t assignment);

private:
    event::StoredEventDecoder decoder_;
    event::ContentDigest digest_;
    BufferUsage& usage_;
};

}  // namespace tributary::indexing
