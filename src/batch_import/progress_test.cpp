#include "batch_import/progress.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <string>

#include "batch_import/rejects.h"

namespace tributary::batch_import {
namespace {

std::string some_line(std::uint64_t index, std::string_view text) {
    Reject reject;
    reject.index = index;
    reject.byte = 100 + index;
    reject.size = text.size();
    reject.text = text;
    reject.problem.status = 422;
    reject.problem.type = "/problems/invalid-event";
    reject.problem.detail = "A \"detail\"\nof two lines.";
    reject.problem.violations.emplace_back("/data/id", "is missing");
    return line_of(reject);
}

Progress some_progress() {
    Progress progress;
    progress.position = {FileFormat::array, 5'000'000'000, 77};
    progress.compression = DecompressedStream::Compression::gzip;
    progress.accepted = 60;
    progress.rejected = 17;
    progress.parts = {"rejected/a b/v/3.ndjson", "rejected/a b/v/9.ndjson"};
    progress.open_part = some_line(40, "{\"a\":\"é\\n\"}") + some_line(41, "\xff\x01,\n");
    progress.open_part_item = 40;
    return progress;
}

TEST(Checkpoint, ComesBackAsItWasToTheByte) {
    for (const FileFormat format : {FileFormat::undecided, FileFormat::array, FileFormat::lines,
                                    FileFormat::values, FileFormat::finished}) {
        Progress progress = some_progress();
        progress.position.format = format;
        const auto read = parse_checkpoint(checkpoint_of(progress));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->position, progress.position);
        EXPECT_EQ(read->compression, progress.compression);
        EXPECT_EQ(read->accepted, progress.accepted);
        EXPECT_EQ(read->rejected, progress.rejected);
        EXPECT_EQ(read->parts, progress.parts);
        EXPECT_EQ(read->open_part, progress.open_part);
        EXPECT_EQ(read->open_part_item, progress.open_part_item);
    }
    const auto empty = parse_checkpoint(checkpoint_of(Progress()));
    ASSERT_TRUE(empty) << empty.error().message;
    EXPECT_EQ(empty->open_part, "");
}

TEST(Checkpoint, SaysWhatCannotBeRead) {
    const std::string whole = checkpoint_of(some_progress());
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        const auto read = parse_checkpoint(whole.substr(0, size));
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::corrupt_data);
    }
    EXPECT_EQ(parse_checkpoint(R"({"version":1})").error().code, ErrorCode::corrupt_data);
    EXPECT_EQ(parse_checkpoint(R"({"version":2})").error().code, ErrorCode::conflict);
}

TEST(RejectLine, IsOneLineOfJsonWhateverTheItemsBytesAre) {
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    const std::string line = some_line(0, bytes);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    boost::json::error_code error;
    const auto parsed = boost::json::parse(line, error);
    EXPECT_FALSE(error) << error.message();
    EXPECT_EQ(parsed.at("size").as_int64(), 256);
    EXPECT_FALSE(parsed.as_object().contains("item_is_cut"));
}

TEST(RejectLine, ShowsTheBeginningOfAHugeItem) {
    const auto parsed = boost::json::parse(some_line(0, std::string(200'000, 'x')));
    EXPECT_EQ(parsed.at("item").as_string().size(), kMaxRejectTextBytes);
    EXPECT_TRUE(parsed.at("item_is_cut").as_bool());
}

TEST(Report, IsFinalOnceTheFileWasReadToItsEnd) {
    Report report;
    report.key = "orders.json";
    for (const Ending ending : {Ending::complete, Ending::broken}) {
        report.ending = ending;
        EXPECT_TRUE(is_final_report(report_json(report, Progress())));
    }
    for (const Ending ending : {Ending::refused, Ending::replaced}) {
        report.ending = ending;
        EXPECT_FALSE(is_final_report(report_json(report, Progress())));
    }
    EXPECT_FALSE(is_final_report(""));
    EXPECT_FALSE(is_final_report("[]"));
    EXPECT_FALSE(is_final_report(R"({"status":7})"));
}

}  // namespace
}  // namespace tributary::batch_import
