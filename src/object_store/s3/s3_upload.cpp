#include "object_store/s3/s3_upload.h"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "aws/service_error.h"
#include "http/message.h"

namespace tributary::object_store {
namespace {

Result<std::string> begin_upload(S3Requests& requests, const ObjectId& object) {
    const auto response = requests.send("POST", object, "uploads");
    if (!response) return std::unexpected(response.error());
    auto id = aws::element_of(response->body, "UploadId");
    if (!id || id->empty()) {
        return fail(ErrorCode::corrupt_data, "S3 began an upload without giving it an id.");
    }
    return *std::move(id);
}

/// The list of parts that the last step needs.
Result<std::string> send_parts(S3Requests& requests, const ObjectId& object,
                               std::string_view content, std::size_t part_bytes,
                               const std::string& upload) {
    std::string list = "<CompleteMultipartUpload>";
    for (int number = 1; !content.empty(); ++number) {
        const std::string_view part = content.substr(0, part_bytes);
        content.remove_prefix(part.size());
        const auto response = requests.send(
            "PUT", object, fmt::format("partNumber={}&uploadId={}", number, upload), part);
        if (!response) return std::unexpected(response.error());
        list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                            response->headers.get("ETag"));
    }
    return list + "</CompleteMultipartUpload>";
}

Result<void> end_upload(S3Requests& requests, const ObjectId& object, const std::string& upload,
                        const std::string& list) {
    const auto response = requests.send("POST", object, "uploadId=" + upload, list);
    if (!response) return std::unexpected(response.error());
    // S3 begins its 200 before it knows the end, so an error may stand in it.
    const aws::ServiceError error = aws::error_of(*response);
    if (error.code.empty()) return {};
    return std::unexpected(
        Error(ErrorCode::unavailable, s3_error("POST", object, *response).message));
}

}  // namespace

Result<void> upload_in_parts(S3Requests& requests, const ObjectId& object, std::string_view content,
                             std::size_t part_bytes) {
    const auto id = begin_upload(requests, object);
    if (!id) return std::unexpected(id.error());
    const std::string upload = http::percent_encode(*id, true);
    Result<void> ended;
    const auto list = send_parts(requests, object, content, part_bytes, upload);
    ended = list ? end_upload(requests, object, upload, *list)
                 : Result<void>(std::unexpected(list.error()));
    // What cannot be given up now, the bucket's lifecycle rule removes.
    if (!ended) {
        [[maybe_unused]] const auto given_up =
            requests.send("DELETE", object, "uploadId=" + upload);
    }
    return ended;
}

}  // namespace tributary::object_store
