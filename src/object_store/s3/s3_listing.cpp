#include "object_store/s3/s3_listing.h"

#include <fmt/format.h>
#include <utility>

#include "aws/service_error.h"
#include "http/message.h"

namespace tributary::object_store {

std::string listing_query(const std::string& prefix, const std::string& continuation) {
    std::string query;
    if (!continuation.empty()) {
        query = "continuation-token=" + http::percent_encode(continuation, true) + "&";
    }
    return query + "encoding-type=url&list-type=2&prefix=" + http::percent_encode(prefix, true);
}

Result<S3Page> parse_listing(std::string_view xml) {
    constexpr std::string_view kEntry = "<Contents>";
    if (xml.find("<ListBucketResult") == std::string_view::npos) {
        return fail(
            ErrorCode::corrupt_data,
            fmt::format("S3 answered a listing with something else: {}", xml.substr(0, 200)));
    }
    S3Page page;
    for (std::size_t at = xml.find(kEntry); at != std::string_view::npos;
         at = xml.find(kEntry, at + kEntry.size())) {
        const auto encoded = aws::element_of(xml.substr(at), "Key");
        auto key = encoded ? http::percent_decode(*encoded, true) : std::nullopt;
        if (!key) return fail(ErrorCode::corrupt_data, "S3 listed an object without a key.");
        page.keys.push_back(std::move(*key));
    }
    if (aws::element_of(xml, "IsTruncated") == "true") {
        page.next = aws::element_of(xml, "NextContinuationToken").value_or("");
        if (page.next.empty()) {
            return fail(ErrorCode::corrupt_data,
                        "S3 cut a listing off without saying how to go on.");
        }
    }
    return page;
}

}  // namespace tributary::object_store
