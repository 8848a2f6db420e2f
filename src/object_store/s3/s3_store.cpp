#include "object_store/s3/s3_store.h"

#include <fmt/format.h>
#include <utility>

#include "object_store/s3/s3_listing.h"
#include "object_store/s3/s3_stream.h"
#include "object_store/s3/s3_upload.h"

namespace tributary::object_store {

S3Store::S3Store(aws::ServiceClient& client, S3Settings settings)
    : requests_(client, std::move(settings.endpoint), settings.addressing),
      part_bytes_(settings.part_bytes) {
}

/// A HEAD first, so that every byte is asked for with its version, the first one too.
Result<std::unique_ptr<ObjectStream>> S3Store::open(const ObjectId& object,
                                                    const std::string& version,
                                                    std::uint64_t offset) {
    if (auto valid = check_key(object.key); !valid) return std::unexpected(valid.error());
    const S3Pin pin = S3Pin::of(version);
    auto head = requests_.head(object, pin);
    if (!head && head.error().code == ErrorCode::not_found) {
        return std::unexpected(requests_.reason_behind(404, object, pin));
    }
    if (!head) return std::unexpected(head.error());
    if (offset > head->size) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The object '{}' has {} bytes; it cannot be read from byte {}.",
                                object.key, head->size, offset));
    }
    return std::make_unique<S3Stream>(requests_, object, std::move(*head), offset);
}

Result<ObjectInfo> S3Store::head(const ObjectId& object) {
    if (auto valid = check_key(object.key); !valid) return std::unexpected(valid.error());
    const auto head = requests_.head(object, {});
    if (!head) return std::unexpected(head.error());
    return ObjectInfo{head->pin.version(), head->size};
}

Result<void> S3Store::put(const ObjectId& object, std::string_view content) {
    if (auto valid = check_key(object.key); !valid) return valid;
    if (content.size() > part_bytes_) {
        return upload_in_parts(requests_, object, content, part_bytes_);
    }
    const auto response = requests_.send("PUT", object, "", content);
    if (!response) return std::unexpected(response.error());
    return {};
}

Result<void> S3Store::remove(const ObjectId& object) {
    if (auto valid = check_key(object.key); !valid) return valid;
    const auto response = requests_.send("DELETE", object, "");
    if (!response && response.error().code != ErrorCode::not_found) {
        return std::unexpected(response.error());
    }
    return {};
}

Result<void> S3Store::list(const std::string& bucket, const std::string& prefix,
                           const std::function<bool(const std::string& key)>& each) {
    std::string continuation;
    do {
        const auto response =
            requests_.send("GET", ObjectId(bucket, ""), listing_query(prefix, continuation));
        if (!response) return std::unexpected(response.error());
        auto page = parse_listing(response->body);
        if (!page) return std::unexpected(page.error());
        for (const std::string& key : page->keys) {
            if (!each(key)) return {};
        }
        continuation = std::move(page->next);
    } while (!continuation.empty());
    return {};
}

}  // namespace tributary::object_store
