// The first byte says how the rest, a file, is cut into pieces.
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "batch_import/item_scanner.h"
#include "invariant.h"

namespace {

using tributary::batch_import::FileFormat;
using tributary::batch_import::ItemScanner;
using tributary::batch_import::ScannedItem;
using tributary::batch_import::ScanPosition;
using tributary::fuzz::require;

constexpr std::size_t kMaxItemBytes = 200;

struct Item {
    ScannedItem::Kind kind;
    std::uint64_t byte;
    std::uint64_t size;
    std::string text;
    ScanPosition behind;
    friend bool operator==(const Item&, const Item&) = default;
};

void drain(ItemScanner& scanner, std::vector<Item>& items) {
    while (const auto item = scanner.next()) {
        items.push_back(
            {item->kind, item->byte, item->size, std::string(item->text), scanner.position()});
    }
}

std::vector<Item> scan(std::string_view file, std::size_t piece, const ScanPosition& from = {}) {
    ItemScanner scanner(kMaxItemBytes, from);
    std::vector<Item> items;
    for (auto i = static_cast<std::size_t>(from.byte); i < file.size(); i += piece) {
        scanner.add(file.substr(i, piece));
        drain(scanner, items);
        require(scanner.buffer_bytes() <= 2 * kMaxItemBytes + 2 * piece, "memory is bounded");
    }
    scanner.end();
    drain(scanner, items);
    require(scanner.is_done(), "a scan ends");
    return items;
}

void check_borders(std::string_view file, const std::vector<Item>& items) {
    std::uint64_t end = 0;
    for (const Item& item : items) {
        require(item.byte >= end && item.byte + item.size <= file.size(), "items do not overlap");
        require(item.kind != ScannedItem::Kind::complete ||
                    item.text == file.substr(static_cast<std::size_t>(item.byte),
                                             static_cast<std::size_t>(item.size)),
                "an item is what stands in the file");
        end = item.byte + item.size;
    }
}

void check_against_parser(std::string_view file, const std::vector<Item>& items) {
    boost::json::error_code error;
    const boost::json::value parsed = boost::json::parse(file, error);
    if (error || !parsed.is_array()) return;
    require(parsed.as_array().size() == items.size(), "a valid array has its items");
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].kind == ScannedItem::Kind::too_large) continue;
        require(items[i].kind == ScannedItem::Kind::complete, "a valid array has no rest");
        require(boost::json::parse(items[i].text, error) == parsed.as_array()[i] && !error,
                "an item of a valid array is the parser's");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1 + bytes[0];
    const std::string_view file(reinterpret_cast<const char*>(bytes + 1), size - 1);
    const std::vector<Item> items = scan(file, file.size() + 1);
    require(scan(file, piece) == items, "the pieces do not matter");
    check_borders(file, items);
    check_against_parser(file, items);
    if (items.size() > 1) {
        const std::size_t middle = items.size() / 2;
        const std::vector<Item> rest(items.begin() + static_cast<std::ptrdiff_t>(middle) + 1,
                                     items.end());
        require(scan(file, piece, items[middle].behind) == rest, "a scan can go on anywhere");
    }
    return 0;
}
