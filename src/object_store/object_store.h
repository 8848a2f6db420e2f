#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// PORT: buckets of immutable, versioned objects: S3's model and words.
/// Adapters: `object_store/directory`, `object_store/s3`.
namespace tributary::object_store {

struct ObjectId {
    ObjectId(std::string bucket_in, std::string key_in)
        : bucket(std::move(bucket_in)), key(std::move(key_in)) {}
    std::string bucket;
    std::string key;  ///< Decoded: as a person would type it.
};

struct ObjectInfo {
    std::string version;  ///< versionId, else ETag; the directory's: see its Versions.
    std::uint64_t size = 0;
};

/// Reads one version of an object from front to back. One thread.
class ObjectStream {
public:
    virtual ~ObjectStream() = default;
    /// Up to `capacity` bytes into `buffer`; 0 at the end. `conflict` when the object was replaced
    /// meanwhile, `unavailable` when it cannot be read on after the adapter's own retries.
    virtual Result<std::size_t> read(char* buffer, std::size_t capacity) = 0;
    [[nodiscard]] virtual const ObjectInfo& info() const = 0;
};

/// Thread-safe; calls block.
class ObjectStore {
public:
    ObjectStore() = default;
    ObjectStore(const ObjectStore&) = delete;
    ObjectStore& operator=(const ObjectStore&) = delete;
    virtual ~ObjectStore() = default;

    /// Opens the object at byte `offset`. With a `version`, exactly that one: `conflict` when the
    /// object has another by now; without, the newest, pinned for the whole stream. `not_found`;
    /// `invalid_input` for a key that the store cannot hold.
    virtual Result<std::unique_ptr<ObjectStream>> open(const ObjectId& object,
                                                       const std::string& version,
                                                       std::uint64_t offset) = 0;
    virtual Result<ObjectInfo> head(const ObjectId& object) = 0;
    /// Stores the whole object atomically: readers see the old one or the new one.
    virtual Result<void> put(const ObjectId& object, std::string_view content) = 0;
    /// Removes it; success also where there was none.
    virtual Result<void> remove(const ObjectId& object) = 0;
    /// Calls `each` with every key under `prefix`, in byte order; stops early when it says false.
    virtual Result<void> list(const std::string& bucket, const std::string& prefix,
                              const std::function<bool(const std::string& key)>& each) = 0;
};

}  // namespace tributary::object_store
