#include "base/file.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>

namespace tributary {
namespace {

class ReadFile : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "file-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string file_of(std::string_view content) const {
        std::ofstream(folder + "/file", std::ios::binary) << content;
        return folder + "/file";
    }

    std::string folder;
};

TEST_F(ReadFile, GivesEveryByte) {
    const std::string bytes = std::string(200'000, 'x') + std::string("\0\r\n", 3);
    EXPECT_EQ(read_file(file_of(bytes), bytes.size()), bytes);
    EXPECT_EQ(read_file(file_of(""), 0), "");
}

TEST_F(ReadFile, RefusesMoreThanTheLimit) {
    const auto content = read_file(file_of("12345"), 4);
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().code, ErrorCode::invalid_input);
    EXPECT_NE(content.error().message.find("more than 4 bytes"), std::string::npos);
    EXPECT_FALSE(read_file("/dev/zero", 1'000'000));
}

TEST_F(ReadFile, SaysWhyADirectoryOrAMissingFileCannotBeRead) {
    const auto directory = read_file(folder, 100);
    ASSERT_FALSE(directory);
    EXPECT_EQ(directory.error().message,
              "cannot read the file \"" + folder + "\": Is a directory.");
    const auto missing = read_file(folder + "/none", 100);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message,
              "cannot read the file \"" + folder + "/none\": No such file or directory.");
}

}  // namespace
}  // namespace tributary
