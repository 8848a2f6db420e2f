#include "batch_import/item_scanner.h"

#include <gtest/gtest.h>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace tributary::batch_import {
namespace {

using Kind = ScannedItem::Kind;

struct Seen {
    Kind kind = Kind::complete;
    std::uint64_t index = 0;
    std::uint64_t byte = 0;
    std::uint64_t size = 0;
    std::string text;
    std::uint64_t damage_byte = 0;
    std::string reason;
    ScanPosition behind;
    friend bool operator==(const Seen&, const Seen&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Seen& item) {
        return out << '#' << item.index << '@' << item.byte << '+' << item.size << " kind "
                   << static_cast<int>(item.kind) << " `" << item.text << "` " << item.reason;
    }
};

constexpr std::size_t kLimit = 64;

void drain(ItemScanner& scanner, std::vector<Seen>& seen) {
    while (const auto item = scanner.next()) {
        seen.push_back({item->kind, item->index, item->byte, item->size, std::string(item->text),
                        item->damage_byte, std::string(item->reason), scanner.position()});
    }
}

std::vector<Seen> scan(std::string_view file, std::size_t piece = 1'000'000,
                       const ScanPosition& from = {}, const std::string& failure = {}) {
    ItemScanner scanner(kLimit, from);
    std::vector<Seen> seen;
    for (std::size_t i = static_cast<std::size_t>(from.byte); i < file.size(); i += piece) {
        scanner.add(file.substr(i, piece));
        drain(scanner, seen);
    }
    scanner.end(failure);
    drain(scanner, seen);
    EXPECT_TRUE(scanner.is_done());
    return seen;
}

std::vector<std::string> texts(const std::vector<Seen>& seen) {
    std::vector<std::string> found;
    for (const Seen& item : seen) {
        if (item.kind == Kind::complete) found.push_back(item.text);
    }
    return found;
}

using Texts = std::vector<std::string>;

TEST(ItemScanner, CutsAnArrayAtTheCommasBetweenItems) {
    const auto seen = scan(" [ {\"a\":[1,2]} ,\n{\"b\":\"],},\\\"\"}, 3 ]\n");
    EXPECT_EQ(texts(seen), (Texts{R"({"a":[1,2]})", R"({"b":"],},\""})", "3"}));
    EXPECT_EQ(seen[0].byte, 3U);
    EXPECT_EQ(seen[0].size, 11U);
    EXPECT_EQ(seen[2].index, 2U);
}

TEST(ItemScanner, CutsNdjsonAtLineEndsAndSkipsBlankLines) {
    const auto seen = scan("{\"a\":1}\r\n\n  \n{\"b\":2}\n{\"c\":3}");
    EXPECT_EQ(texts(seen), (Texts{R"({"a":1})", R"({"b":2})", R"({"c":3})"}));
    EXPECT_EQ(seen[1].index, 1U);
    EXPECT_EQ(seen[1].byte, 13U);
}

TEST(ItemScanner, DamageInNdjsonCostsItsLine) {
    EXPECT_EQ(texts(scan("{\"a\":\"x\n{\"b\":2}\n}]\n{\"c\":3}\n")),
              (Texts{R"({"a":"x)", R"({"b":2})", "}]", R"({"c":3})"}));
    EXPECT_EQ(texts(scan("{\"a\":1\n{\"b\":2}\n")), (Texts{R"({"a":1)", R"({"b":2})"}));
    EXPECT_EQ(texts(scan("oops\n{\"b\":2}\n")), (Texts{"oops", R"({"b":2})"}));
}

TEST(ItemScanner, AFormatThatIsSaidIsNotGuessed) {
    const ScanPosition lines{FileFormat::lines, 0, 0};
    const std::string utf8_mark = "\xEF\xBB\xBF";
    for (const std::string first : {"[broken", R"(["a","b"])", R"({"id":"z0")", "]"}) {
        for (const std::string& begin : {std::string(), std::string("\n \n"), utf8_mark}) {
            const auto seen = scan(begin + first + "\noops\n{\"b\":2}\n", 1, lines);
            EXPECT_EQ(texts(seen), (Texts{first, "oops", R"({"b":2})"}));
        }
    }
    EXPECT_TRUE(scan(" \n", 1, lines).empty());
}

TEST(ItemScanner, TakesPrettyPrintedObjectsWhole) {
    EXPECT_EQ(texts(scan("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n")),
              (Texts{"{\n  \"a\": {\n    \"b\": 1\n  }\n}"}));
    EXPECT_EQ(texts(scan("{\n\"a\": 1\n}\n{\n\"a\": 2\n}")),
              (Texts{"{\n\"a\": 1\n}", "{\n\"a\": 2\n}"}));
    EXPECT_EQ(texts(scan("{\"a\": [\n {\"b\": 1}\n]}")), (Texts{"{\"a\": [\n {\"b\": 1}\n]}"}));
}

TEST(ItemScanner, PrettyPrintedObjectsEndWhereNoObjectFollows) {
    const auto seen = scan("{\n\"a\": 1\n}\nx {}");
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[1].kind, Kind::rest);
    EXPECT_EQ(seen[1].byte, 11U);
    EXPECT_EQ(seen[1].text, "x {}");
}

TEST(ItemScanner, FindsNothingInEmptyFiles) {
    for (const std::string_view file :
         {"", " \n", "[]", " [ ] \n", "\xEF\xBB\xBF", "\xEF\xBB\xBF[]"}) {
        EXPECT_TRUE(scan(file).empty()) << file;
        EXPECT_TRUE(scan(file, 1).empty()) << file;
    }
}

TEST(ItemScanner, SkipsAByteOrderMark) {
    const auto seen = scan("\xEF\xBB\xBF[{}]");
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].byte, 4U);
    EXPECT_EQ(texts(scan("\xEF\xBB\xBF{}\n{}")), (Texts{"{}", "{}"}));
}

TEST(ItemScanner, RefusesUtf16AsAWhole) {
    const auto seen = scan(std::string_view("\xFF\xFE[\0]\0", 6));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].kind, Kind::rest);
    EXPECT_EQ(seen[0].size, 6U);
    EXPECT_NE(seen[0].reason.find("UTF-16"), std::string::npos);
}

TEST(ItemScanner, LeavesBalancedDamageToTheParser) {
    EXPECT_EQ(texts(scan("[{\"a\":1 \"b\":2}, tru, {\"c\"}, , {\"d\":\"\x80\"}, {} {}]")),
              (Texts{R"({"a":1 "b":2})", "tru", R"({"c"})", "", "{\"d\":\"\x80\"}", "{} {}"}));
}

TEST(ItemScanner, CountsATrailingCommaAsAnEmptyItem) {
    EXPECT_EQ(texts(scan("[1,]")), (Texts{"1", ""}));
}

TEST(ItemScanner, PassesOverItemsThatAreTooLarge) {
    const std::string large = "{\"x\":\"" + std::string(kLimit * 5, ']') + "\"}";
    for (const std::string& file :
         {"[{\"a\":1}," + large + ",{\"b\":2}]", "{\"a\":1}\n" + large + "\n{\"b\":2}\n"}) {
        const auto seen = scan(file, 7);
        EXPECT_EQ(texts(seen), (Texts{R"({"a":1})", R"({"b":2})"}));
        ASSERT_EQ(seen.size(), 3U);
        EXPECT_EQ(seen[1].kind, Kind::too_large);
        EXPECT_EQ(seen[1].size, large.size());
        EXPECT_EQ(seen[1].text, large.substr(0, kLimit));
        EXPECT_EQ(seen[2].index, 2U);
    }
}

TEST(ItemScanner, BuffersNoMoreThanAnItemAndAPiece) {
    ItemScanner scanner(kLimit);
    const std::string piece(1'000, 'x');
    scanner.add("[\"");
    for (int i = 0; i < 10'000; ++i) {
        scanner.add(piece);
        EXPECT_FALSE(scanner.next());
        ASSERT_LE(scanner.buffer_bytes(), 2 * kLimit + piece.size());
    }
}

TEST(ItemScanner, KeepsWhatIsWholeOfACutFile) {
    const auto seen = scan("[{\"a\":1},{\"b\":2},{\"c\":");
    EXPECT_EQ(texts(seen), (Texts{R"({"a":1})", R"({"b":2})"}));
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[2].kind, Kind::rest);
    EXPECT_EQ(seen[2].byte, 17U);
    EXPECT_EQ(seen[2].size, 5U);
    EXPECT_EQ(seen[2].damage_byte, 22U);

    const auto unclosed = scan("[{\"a\":1},{\"b\":2}");
    EXPECT_EQ(texts(unclosed), (Texts{R"({"a":1})", R"({"b":2})"}));
    ASSERT_EQ(unclosed.size(), 3U);
    EXPECT_EQ(unclosed[2].kind, Kind::rest);
    EXPECT_EQ(unclosed[2].size, 0U);
}

TEST(ItemScanner, LostBalanceMakesOneRestToTheEnd) {
    struct Row {
        std::string_view file;
        std::size_t whole;
        std::uint64_t rest_byte;
        std::uint64_t damage_byte;
    };
    const Row rows[] = {
        {"[{},{\"a\":[1},{\"b\":2},{}]", 1, 4, 11},       // closed by the wrong bracket
        {"[{},{\"a\":[1]],{}]", 1, 4, 12},                // the same, behind a whole array
        {"[{},{\"a\":1}},{\"b\":2},{}]", 2, 11, 11},      // one too many, behind a whole item
        {"[{},[1] ]],{\"b\":2},{}]", 2, 9, 9},            // the same at the array's own end
        {"[{},1},{\"b\":2},{}]", 1, 4, 5},                // nothing whole before it
        {"[{},{\"a\":1,{\"b\":2},{}]", 1, 4, 21},         // one missing
        {"[{},{\"a\":\"x},{\"b\":\"y\"},{}]", 1, 4, 26},  // a quote missing
        {"[{},{}],{}", 2, 7, 7},                          // goes on behind its end
        {"[{}][{}]", 1, 4, 4},
    };
    for (const Row& row : rows) {
        const auto seen = scan(row.file);
        EXPECT_EQ(texts(seen).size(), row.whole) << row.file;
        ASSERT_EQ(seen.size(), row.whole + 1) << row.file;
        EXPECT_EQ(seen.back().kind, Kind::rest) << row.file;
        EXPECT_EQ(seen.back().byte, row.rest_byte) << row.file;
        EXPECT_EQ(seen.back().byte + seen.back().size, row.file.size()) << row.file;
        EXPECT_EQ(seen.back().damage_byte, row.damage_byte) << row.file;
        EXPECT_FALSE(seen.back().reason.empty());
    }
}

TEST(ItemScanner, AFailureOfTheSourceMakesTheUnfinishedPartARest) {
    for (const std::string_view file : {"[{},{\"a\"", "{}\n{\"a\"", "[{}]", "{}\n", ""}) {
        const auto seen = scan(file, 3, {}, "The gzip stream is damaged.");
        ASSERT_FALSE(seen.empty()) << file;
        EXPECT_EQ(seen.back().kind, Kind::rest) << file;
        EXPECT_EQ(seen.back().reason, "The gzip stream is damaged.");
        EXPECT_EQ(seen.back().byte + seen.back().size, file.size());
    }
}

TEST(ItemScanner, FollowsNestingDeeperThanItTracks) {
    const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
    ItemScanner scanner(100'000);
    scanner.add("[" + deep + ",{}]");
    scanner.end();
    EXPECT_EQ(scanner.next()->text, deep);
    EXPECT_EQ(scanner.next()->text, "{}");
    EXPECT_FALSE(scanner.next());
    EXPECT_TRUE(scanner.is_done());
}

/// Files of every kind, sound and broken, as the two properties below need them.
class RandomFile {
public:
    explicit RandomFile(unsigned seed) : random_(seed) {}

    std::string make() {
        const bool is_array = pick(2) == 0;
        std::string file = pick(4) == 0 ? "\xEF\xBB\xBF" : "";
        if (is_array) file += space() + "[";
        const int count = pick(8);
        for (int i = 0; i < count; ++i) {
            if (i > 0) file += is_array ? "," : "\n";
            file += space() + item(0) + space();
        }
        if (is_array) file += "]" + space();
        for (int i = pick(3); i > 0 && !file.empty(); --i) damage(file);
        return file;
    }

private:
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    std::string space() {
        static const char* const kSpaces[] = {"", "", " ", "\n", "\t ", "\r\n"};
        return kSpaces[pick(6)];
    }
    std::string item(int depth) {
        switch (pick(depth > 3 ? 3 : 6)) {
            case 0: return "12.5";
            case 1: return R"("\"]},{[\\")";
            case 2: return "\"" + std::string(static_cast<std::size_t>(pick(90)), 'x') + "\"";
            case 3: return "[" + item(depth + 1) + "," + item(depth + 1) + "]";
            default: return "{\"k\":" + space() + item(depth + 1) + "}";
        }
    }
    void damage(std::string& file) {
        static constexpr std::string_view kBytes = "[]{}\",\\\n x";
        const auto at = static_cast<std::size_t>(pick(static_cast<int>(file.size())));
        switch (pick(4)) {
            case 0: file.erase(at, 1); break;
            case 1: file.insert(at, 1, kBytes[static_cast<std::size_t>(pick(10))]); break;
            case 2: file[at] = kBytes[static_cast<std::size_t>(pick(10))]; break;
            default: file.resize(at); break;
        }
    }
    std::mt19937 random_;
};

TEST(ItemScannerProperty, WhatComesOutDoesNotDependOnThePieces) {
    for (unsigned seed = 0; seed < 3'000; ++seed) {
        const std::string file = RandomFile(seed).make();
        const auto expected = scan(file);
        for (std::size_t piece = 1; piece <= file.size(); piece += 1 + piece / 4) {
            ASSERT_EQ(scan(file, piece), expected) << "seed " << seed << ": " << file;
        }
    }
}

TEST(ItemScannerProperty, GoesOnFromEveryPositionWithTheSameItems) {
    for (unsigned seed = 0; seed < 3'000; ++seed) {
        const std::string file = RandomFile(seed).make();
        const auto expected = scan(file);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const auto behind = static_cast<std::ptrdiff_t>(i + 1);
            const std::vector<Seen> rest(expected.begin() + behind, expected.end());
            ASSERT_EQ(scan(file, 5, expected[i].behind), rest) << "seed " << seed << ": " << file;
        }
    }
}

TEST(ItemScannerProperty, EveryByteIsInAnItemOrBetweenItems) {
    for (unsigned seed = 0; seed < 3'000; ++seed) {
        const std::string file = RandomFile(seed).make();
        std::uint64_t end = 0;
        for (const Seen& item : scan(file)) {
            ASSERT_GE(item.byte, end) << file;
            for (std::uint64_t i = end; i < item.byte; ++i) {
                ASSERT_NE(std::string_view(",[] \t\r\n\xEF\xBB\xBF").find(file[i]),
                          std::string_view::npos)
                    << "seed " << seed << " byte " << i << ": " << file;
            }
            end = item.byte + item.size;
        }
    }
}

}  // namespace
}  // namespace tributary::batch_import
