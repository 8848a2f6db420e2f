#include "console/page_files.h"

#include <fmt/format.h>
#include <utility>
#include <zlib.h>

#include "console/embedded_files.h"
#include "console/responses.h"

namespace tributary::console {
namespace {

/// Empty where zlib refuses; the file is then sent as it is.
std::string gzip(std::string_view text) {
    constexpr int kGzip = 15 + 16;  // The largest window, and a gzip header.
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return "";
    }
    std::string out(deflateBound(&stream, text.size()), '\0');
    std::string in(text);  // zlib's pointer is not const.
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(is_done ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

}  // namespace

PageFiles::PageFiles() {
    add("/", "index.html", "text/html; charset=utf-8");
    add("/console.js", "console.js", "text/javascript; charset=utf-8");
    add("/console.css", "console.css", "text/css; charset=utf-8");
}

void PageFiles::add(const std::string& path, std::string_view name, std::string_view content_type) {
    const std::string_view content = embedded_file(name);
    if (content.empty()) return;
    File file;
    file.content = content;
    file.compressed = gzip(content);
    file.content_type = content_type;
    const auto checksum = ::crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                                  static_cast<uInt>(content.size()));
    file.etag = fmt::format("\"{:x}-{:08x}\"", content.size(), checksum);
    files_.emplace(path, std::move(file));
}

std::optional<http::Response> PageFiles::find(const http::Request& request) const {
    const auto found = files_.find(request.path());
    if (found == files_.end()) return std::nullopt;
    const File& file = found->second;
    const bool is_known =
        request.headers.get("If-None-Match").find(file.etag) != std::string_view::npos;
    const bool is_compressed =
        !file.compressed.empty() &&
        request.headers.get("Accept-Encoding").find("gzip") != std::string_view::npos;
    auto response = response_of(is_known ? 304 : 200, file.content_type,
                                is_known        ? std::string()
                                : is_compressed ? file.compressed
                                                : std::string(file.content));
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("ETag", file.etag);
    response.headers.set("Vary", "Accept-Encoding");
    if (is_compressed && !is_known) response.headers.set("Content-Encoding", "gzip");
    return response;
}

}  // namespace tributary::console
