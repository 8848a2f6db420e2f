#pragma once

#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

/// Encoded bodies for the tests.
namespace tributary::http::testing {

inline std::string gzip_of(std::string_view text) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string input(text);
    std::string out(deflateBound(&stream, text.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// `window_log` 0: whatever suits. Without the content's size in the frame, as a stream is sent.
inline std::string zstd_of(std::string_view text, int window_log = 0) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    if (window_log > 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    std::string out(ZSTD_compressBound(text.size()), '\0');
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    // Two calls, so that the size is not known at the first and the window is not shrunk to it.
    ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
    ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
    out.resize(output.pos);
    ZSTD_freeCCtx(context);
    return out;
}

}  // namespace tributary::http::testing
