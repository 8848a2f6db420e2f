#include "batch_import/file_type.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace tributary::batch_import {
namespace {

/// Letters of every script: bytes above ASCII belong to words too.
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (static_cast<unsigned char>(c) >= 128);
}

bool ends_with(std::string_view text, std::string_view ending) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return text.size() >= ending.size() &&
           std::ranges::equal(text.substr(text.size() - ending.size()), ending, same);
}

/// The type that the words of one path segment name: null where there is none.
Result<const event::EntityType*> type_of_segment(const event::Catalog& catalog,
                                                 std::string_view segment, std::string_view key) {
    const event::EntityType* found = nullptr;
    for (auto begin = segment.begin(); begin != segment.end();) {
        begin = std::find_if(begin, segment.end(), is_letter);
        const auto end = std::find_if_not(begin, segment.end(), is_letter);
        const event::EntityType* const type = catalog.find_by_word(std::string_view(begin, end));
        if (type != nullptr && found != nullptr && type != found) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("The name \"{}\" of \"{}\" names two types, {} and {}. A file "
                                    "holds items of one type; name one.",
                                    segment, key, found->name, type->name));
        }
        if (type != nullptr) found = type;
        begin = end;
    }
    return found;
}

}  // namespace

Result<const event::EntityType*> type_of_file(const event::Catalog& catalog, std::string_view key) {
    std::string_view rest = key;
    while (true) {
        const std::size_t slash = rest.rfind('/');
        const std::string_view segment =
            slash == std::string_view::npos ? rest : rest.substr(slash + 1);
        const auto type = type_of_segment(catalog, segment, key);
        if (!type || *type != nullptr) return type;
        if (slash == std::string_view::npos) break;
        rest = rest.substr(0, slash);
    }
    return fail(ErrorCode::invalid_input,
                fmt::format("Nothing in \"{}\" names a type. The file's name, or a folder that it "
                            "lies in, must contain one of {} as a word, singular or plural, like "
                            "orders.json or 2026-11_order.json.gz or orders/2026-11.json.",
                            key, catalog.names()));
}

bool is_named_ndjson(std::string_view key) {
    for (const std::string_view packed : {".gz", ".zst"}) {
        if (ends_with(key, packed)) key.remove_suffix(packed.size());
    }
    return ends_with(key, ".ndjson") || ends_with(key, ".jsonl");
}

}  // namespace tributary::batch_import
