#include "base/base64.h"

#include <gtest/gtest.h>
#include <string>

namespace tributary {
namespace {

TEST(Base64, DecodesTheVectorsOfRfc4648WithAndWithoutPadding) {
    struct Row {
        const char* encoded;
        const char* decoded;
    };
    for (const Row& row : {Row{"", ""}, Row{"Zg==", "f"}, Row{"Zm8=", "fo"}, Row{"Zm9v", "foo"},
                           Row{"Zm9vYg==", "foob"}, Row{"Zm9vYmE=", "fooba"},
                           Row{"Zm9vYmFy", "foobar"}, Row{"Zg", "f"}, Row{"Zm8", "fo"}}) {
        EXPECT_EQ(base64_decode(row.encoded), row.decoded) << row.encoded;
    }
    EXPECT_EQ(base64_decode("AP+A"), std::string("\0\xFF\x80", 3));
}

TEST(Base64, EncodesTheExamplesOfTheRfc) {
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("fo"), "Zm8=");
    EXPECT_EQ(base64_encode("foo"), "Zm9v");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64_encode("\xff\xfe\xfd"), "//79");
}

TEST(Base64, DecodesWhatItEncoded) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        bytes += static_cast<char>(i * 7);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
}

TEST(Base64, RefusesWhatIsNone) {
    for (const char* text :
         {"Z", "Zm9vY", "====", "Z===", "Zm=v", "Zm9 ", "Zm9v\n", "Zm8==", "-_-_"}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

}  // namespace
}  // namespace tributary
