#pragma once

#include <cstddef>
#include <string>

#include "gateway/s3_event.h"
#include "object_store/object_store.h"

namespace tributary::gateway {

/// What the bucket itself tells about the way of one object version; nothing else is durable.
class ObjectState {
public:
    /// `store` must outlive this.
    ObjectState(object_store::ObjectStore& store, std::string bucket)
        : store_(store), bucket_(std::move(bucket)) {}

    /// It is still the object's newest version.
    [[nodiscard]] bool is_current(const ObjectVersion& object) const;
    /// It has a report or was given up. A report of `replaced` does not count: whoever asks has
    /// found this very version in the bucket, so it has come back.
    [[nodiscard]] bool is_done(const ObjectVersion& object) const;
    /// Changes whenever the function got further: a digest of its checkpoint.
    [[nodiscard]] std::size_t progress(const ObjectVersion& object) const;

private:
    object_store::ObjectStore& store_;
    const std::string bucket_;
};

}  // namespace tributary::gateway
