#include "event_log/embedded/header_block.h"

#include <gtest/gtest.h>

namespace tributary::event_log {
namespace {

TEST(HeaderBlock, GivesBackWhatWasPutIn) {
    const std::vector<RecordHeader> headers = {{"a", "1"},
                                               {"", ""},
                                               {"a", std::string("\0\xff", 2)},
                                               {"long", std::string(100'000, 'x')},
                                               {std::string(127, 'n'), std::string(128, 'v')}};
    const auto decoded = decode_headers(encode_headers(headers));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, headers);
    EXPECT_TRUE(decode_headers("")->empty());
}

TEST(HeaderBlock, EveryCutIsFound) {
    const auto block = encode_headers({{"name", std::string(200, 'v')}});
    for (std::size_t size = 1; size < block.size(); ++size) {
        const auto decoded = decode_headers(std::string_view(block).substr(0, size));
        ASSERT_FALSE(decoded) << size;
        EXPECT_EQ(decoded.error().code, ErrorCode::corrupt_data);
    }
    EXPECT_FALSE(decode_headers(std::string(20, '\xff')));
}

}  // namespace
}  // namespace tributary::event_log
