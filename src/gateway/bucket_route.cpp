#include "gateway/bucket_route.h"

#include <algorithm>
#include <boost/json.hpp>
#include <expected>
#include <fmt/format.h>
#include <utility>

#include "gateway/bucket_key.h"
#include "gateway/problem.h"
#include "gateway/read_object.h"
#include "gateway/upload.h"

namespace tributary::gateway {
namespace {

constexpr std::string_view kPrefix = "/bucket/";

/// Takes the small body of a request that will be refused; a large one is not worth reading.
class RefusedBody final : public http::BodySink {
public:
    Result<void> write(std::string_view piece) override {
        bytes_ += piece.size();
        if (bytes_ <= kMaxRead) return {};
        return fail(ErrorCode::invalid_input, "This key cannot be written.");
    }
    Result<void> finish() override { return {}; }

private:
    static constexpr std::size_t kMaxRead = std::size_t{1} << 20;
    std::size_t bytes_ = 0;
};

/// A key, or what is answered instead of using it.
using KeyOrRefusal = std::expected<std::string, http::Response>;

KeyOrRefusal key_of(const http::Request& request) {
    std::string_view path = request.path();
    path.remove_prefix(std::min(path.size(), kPrefix.size()));
    auto key = http::percent_decode(path);
    if (key) return std::move(*key);
    return std::unexpected(problem(400, "Bad Request", "The key is not well percent-encoded."));
}

KeyOrRefusal writable_key_of(const http::Request& request) {
    KeyOrRefusal key = key_of(request);
    if (!key) return key;
    if (auto valid = check_key(*key); !valid) {
        return std::unexpected(problem(400, "Bad Request", valid.error().message));
    }
    if (is_result_key(*key)) {
        return std::unexpected(
            problem(403, "Forbidden",
                    "rejected/, reports/, checkpoints/ and failed/ are written by the system "
                    "alone; choose another key."));
    }
    if (is_unfinished_key(*key)) {
        return std::unexpected(
            problem(400, "Bad Request",
                    "Hidden and unfinished names (.name, name.tmp, name.part, name~) are never "
                    "imported; choose another key."));
    }
    return key;
}

http::Response response_to(const Error& error) {
    switch (error.code) {
        case ErrorCode::not_found: return problem(404, "Not Found", error.message);
        case ErrorCode::invalid_input: return problem(400, "Bad Request", error.message);
        case ErrorCode::conflict:
        case ErrorCode::retry_later:
        case ErrorCode::timed_out:
        case ErrorCode::unavailable:
        case ErrorCode::shutting_down: return problem(503, "Service Unavailable", error.message);
        case ErrorCode::corrupt_data:
        case ErrorCode::internal: return problem(500, "Internal Server Error", error.message);
    }
    std::unreachable();
}

std::string_view content_type_of(std::string_view key) {
    if (key.ends_with(".json")) return "application/json";
    if (key.ends_with(".ndjson")) return "application/x-ndjson";
    return "application/octet-stream";
}

}  // namespace

BucketRoute::BucketRoute(BucketSettings settings, object_store::ObjectStore& store,
                         const Clock& clock)
    : settings_(std::move(settings)), store_(store), ids_(clock) {
}

http::BodyPolicy BucketRoute::on_head(const http::Request& head) {
    http::BodyPolicy policy;
    if (head.method != "PUT") return policy;
    policy.max_body_bytes = settings_.max_object_bytes;
    KeyOrRefusal key = writable_key_of(head);
    if (key) {
        policy.sink = std::make_unique<Upload>(settings_.folder, settings_.unfinished_folder,
                                               std::move(*key), ids_.next());
    } else {
        policy.sink = std::make_unique<RefusedBody>();
    }
    return policy;
}

void BucketRoute::handle(http::Request request, http::Responder responder) {
    if (request.method == "PUT") {
        KeyOrRefusal key = writable_key_of(request);
        return responder.send(key ? answer_put(*key) : std::move(key.error()));
    }
    if (request.method == "GET" || request.method == "HEAD") {
        KeyOrRefusal key = key_of(request);
        return responder.send(key ? answer_get(*key) : std::move(key.error()));
    }
    http::Response response = problem(405, "Method Not Allowed",
                                      "Objects are stored with PUT and read with GET or HEAD.");
    response.headers.add("Allow", "GET, HEAD, PUT");
    responder.send(std::move(response));
}

http::Response BucketRoute::answer_put(const std::string& key) {
    const auto info = store_.head({settings_.name, key});
    if (!info) return response_to(info.error());
    http::Response response;
    response.headers.add("ETag", fmt::format("\"{}\"", info->version));
    response.headers.add("Content-Type", "application/json");
    response.body = boost::json::serialize(
        boost::json::object{{"key", key},
                            {"version", info->version},
                            {"size", info->size},
                            {"report", result_key("reports", key, info->version)}});
    return response;
}

http::Response BucketRoute::answer_get(const std::string& key) {
    auto stream = store_.open({settings_.name, key}, "", 0);
    if (!stream) return response_to(stream.error());
    const object_store::ObjectInfo& info = (*stream)->info();
    if (info.size > settings_.max_download_bytes) {
        return problem(413, "Content Too Large",
                       fmt::format("The object has {} bytes, and at most {} are sent here; read "
                                   "the file in the bucket's folder instead.",
                                   info.size, settings_.max_download_bytes));
    }
    auto content = read_all(**stream);
    if (!content) return response_to(content.error());
    http::Response response;
    response.headers.add("ETag", fmt::format("\"{}\"", info.version));
    response.headers.add("Content-Type", std::string(content_type_of(key)));
    // Uploaded by anybody, shown beside the console: never to be taken for a page.
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.body = std::move(*content);
    return response;
}

}  // namespace tributary::gateway
