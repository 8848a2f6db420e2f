#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace tributary::gateway {

/// One version of one object.
struct ObjectVersion {
    ObjectVersion(std::string key_in, std::string version_in, std::uint64_t size_in)
        : key(std::move(key_in)), version(std::move(version_in)), size(size_in) {}

    std::string key;
    std::string version;
    std::uint64_t size;
    /// The size is no part of what it is.
    bool operator<(const ObjectVersion& other) const {
        return std::tie(key, version) < std::tie(other.key, other.version);
    }
};

/// The event notification that S3 sends for a new object (event version 2.1). Keys are encoded as
/// in forms, the version stands as the eTag; `sequencer` orders the events of one key.
std::string s3_event(std::string_view bucket, std::string_view region, const ObjectVersion& object,
                     Timestamp time, std::uint64_t sequencer);

/// The object that an event with exactly one S3 record is about; `invalid_input` for others.
Result<ObjectVersion> object_of_event(std::string_view event);

}  // namespace tributary::gateway
