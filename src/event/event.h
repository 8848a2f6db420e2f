#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "event/catalog.h"

namespace tributary::event {

/// One valid CloudEvent, as it goes to Kafka: `json` on one line, and the parts that others need.
struct Event {
    std::string id;
    std::string source;
    std::string subject;      ///< Empty where the entity has no id of its own.
    std::string time;         ///< RFC 3339
    std::string traceparent;  ///< Empty where there is none.
    const EntityType* type = nullptr;
    std::string json;            ///< The whole event; no CR, no LF.
    std::size_t data_begin = 0;  ///< Where `data` lies within `json`.
    std::size_t data_size = 0;

    [[nodiscard]] std::string_view data() const {
        return std::string_view(json).substr(data_begin, data_size);
    }
    /// The Kafka record key: the subject, so that events of one entity stay in order; else the id.
    [[nodiscard]] const std::string& key() const { return subject.empty() ? id : subject; }
};

/// The document's `_id`: the event id where the source is ours (`/api`, `/api/…`, `s3://…`), else
/// UUIDv5(source, NUL, id), because CloudEvents are unique per source only.
std::string document_id(std::string_view source, std::string_view id);

/// The id of item `index` of a file: the same on every run over the same version.
std::string file_item_id(std::string_view bucket, std::string_view key, std::string_view version,
                         std::uint64_t index);

/// The id of item `index` of a batch that was sent with `Idempotency-Key: key`.
std::string batch_item_id(std::string_view key, std::uint64_t index);

/// Makes the documents' `pipeline.digest`. Asking OpenSSL for the algorithm costs more than
/// digesting an event does, so keep one. Not thread-safe.
class ContentDigest {
public:
    ContentDigest();
    ContentDigest(const ContentDigest&) = delete;
    ContentDigest& operator=(const ContentDigest&) = delete;
    ~ContentDigest();

    /// SHA-256 (hex) over type, NUL, and the bytes of `data`.
    std::string of(std::string_view type, std::string_view data);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Whether two JSON texts have the same value: key order and number spelling do not matter.
/// False where either cannot be parsed.
bool same_json_value(std::string_view left, std::string_view right);

}  // namespace tributary::event
