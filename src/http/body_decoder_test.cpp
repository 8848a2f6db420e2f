#include "http/body_decoder.h"

#include <gtest/gtest.h>
#include <string>

#include "http/encoded.h"

namespace tributary::http {
namespace {

using testing::gzip_of;
using testing::zstd_of;

/// Decodes `bytes` in pieces of `step`; on refusal its status.
std::string decode(std::string_view encoding, std::string_view bytes, std::size_t step = 1 << 20) {
    auto decoder = make_body_decoder(encoding).value();
    std::string out;
    const auto target = [&](std::string_view piece) -> OrRefusal<void> {
        EXPECT_LE(piece.size(), 64U * 1024);
        out += piece;
        return {};
    };
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        const auto decoded = decoder->decode(bytes.substr(at, step), target);
        if (!decoded) return std::to_string(decoded.error().status);
    }
    const auto finished = decoder->finish();
    return finished ? out : std::to_string(finished.error().status);
}

std::string long_text() {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
    return text;
}

TEST(BodyDecoder, DecodesHoweverTheBytesAreCut) {
    const std::string text = long_text();
    for (const std::size_t step : {1U, 13U, 4'096U, 10'000'000U}) {
        EXPECT_TRUE(decode("gzip", gzip_of(text), step) == text) << step;
        EXPECT_TRUE(decode("zstd", zstd_of(text), step) == text) << step;
    }
    EXPECT_EQ(decode("GZip", gzip_of("")), "");
    EXPECT_EQ(decode("zstd", zstd_of("")), "");
    // An output that fills the piece exactly.
    const std::string full(64 * 1024, 'x');
    EXPECT_EQ(decode("gzip", gzip_of(full)), full);
    EXPECT_EQ(decode("zstd", zstd_of(full)), full);
}

TEST(BodyDecoder, DecodesSeveralMembersAndFrames) {
    for (const std::size_t step : {1U, 1'000'000U}) {
        EXPECT_EQ(decode("gzip", gzip_of("a") + gzip_of("") + gzip_of("b"), step), "ab");
        EXPECT_EQ(decode("zstd", zstd_of("a") + zstd_of("") + zstd_of("b"), step), "ab");
    }
}

TEST(BodyDecoder, RefusesDamage) {
    const std::string gzip = gzip_of(long_text());
    const std::string zstd = zstd_of(long_text());
    std::string wrong_sum = gzip;
    wrong_sum[wrong_sum.size() - 6] ^= 1;
    EXPECT_EQ(decode("gzip", wrong_sum), "400");
    EXPECT_EQ(decode("gzip", gzip.substr(0, gzip.size() - 1)), "400");
    EXPECT_EQ(decode("gzip", gzip + "garbage"), "400");
    EXPECT_EQ(decode("gzip", "plain text"), "400");
    EXPECT_EQ(decode("zstd", zstd.substr(0, zstd.size() - 1)), "400");
    EXPECT_EQ(decode("zstd", zstd + "garbage"), "400");
    EXPECT_EQ(decode("zstd", gzip), "400");
}

TEST(BodyDecoder, TakesZstdWindowsToEightMebibytesOnly) {
    EXPECT_EQ(decode("zstd", zstd_of("text", 23)), "text");
    EXPECT_EQ(decode("zstd", zstd_of("text", 24)), "400");
}

TEST(BodyDecoder, TellsTheMemoryOfItsWindow) {
    auto decoder = make_body_decoder("zstd").value();
    const std::size_t before = decoder->memory();
    const auto ignore = [](std::string_view) -> OrRefusal<void> { return {}; };
    ASSERT_TRUE(decoder->decode(zstd_of("text", 23), ignore));
    EXPECT_GE(decoder->memory(), before + (std::size_t{8} << 20));
}

TEST(BodyDecoder, StopsAtTheTargetsRefusal) {
    for (const auto& [name, bomb] : {std::pair{"gzip", gzip_of(std::string(10 << 20, 'x'))},
                                     {"zstd", zstd_of(std::string(10 << 20, 'x'))}}) {
        auto decoder = make_body_decoder(name).value();
        int calls = 0;
        const auto decoded = decoder->decode(bomb, [&](std::string_view) -> OrRefusal<void> {
            ++calls;
            return refuse(413, "enough");
        });
        ASSERT_FALSE(decoded);
        EXPECT_EQ(decoded.error().status, 413);
        EXPECT_EQ(calls, 1);
    }
}

TEST(BodyDecoder, IsThereForGzipAndZstdOnly) {
    EXPECT_EQ(make_body_decoder("").value(), nullptr);
    EXPECT_EQ(make_body_decoder("Identity").value(), nullptr);
    for (const std::string_view unknown : {"br", "deflate", "gzip, gzip", "gzip zstd", "zst"}) {
        const auto decoder = make_body_decoder(unknown);
        ASSERT_FALSE(decoder) << unknown;
        EXPECT_EQ(decoder.error().status, 415);
    }
}

}  // namespace
}  // namespace tributary::http
