#include "ledger/counts.h"

#include <array>
#include <boost/json.hpp>
#include <utility>

namespace tributary::ledger {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;
constexpr std::array<std::pair<std::string_view, std::int64_t Counts::*>, 5> kFields{{
    {"base", &Counts::base},
    {"indexed", &Counts::indexed},
    {"duplicates", &Counts::duplicates},
    {"dead_lettered", &Counts::dead_lettered},
    {"missing", &Counts::missing},
}};

auto unreadable(std::string_view metadata) {
    return fail(ErrorCode::corrupt_data,
                "The offset's metadata '" + std::string(metadata.substr(0, 200)) +
                    "' is not a ledger's counts; something else commits for this group.");
}

}  // namespace

std::string encode(const Counts& counts) {
    json::object text{{"v", kVersion}};
    for (const auto& [name, member] : kFields) text[name] = counts.*member;
    return json::serialize(text);
}

Result<Counts> decode_counts(std::string_view metadata) {
    if (metadata.empty()) {
        return fail(ErrorCode::not_found, "The offset was committed without a ledger's counts.");
    }
    boost::system::error_code error;
    const json::value parsed = json::parse(metadata, error);
    const json::object* object = error ? nullptr : parsed.if_object();
    const json::value* version = object ? object->if_contains("v") : nullptr;
    if (!version || !version->is_int64()) return unreadable(metadata);
    if (version->get_int64() > kVersion) {
        return fail(ErrorCode::invalid_input,
                    "The offset's counts have version " + std::to_string(version->get_int64()) +
                        ", and this Tributary reads up to " + std::to_string(kVersion) +
                        "; run the newer Tributary that wrote them.");
    }
    Counts counts;
    for (const auto& [name, member] : kFields) {
        const json::value* number = object->if_contains(name);
        if (!number || !number->is_int64() || number->get_int64() < 0) return unreadable(metadata);
        counts.*member = number->get_int64();
    }
    return counts;
}

}  // namespace tributary::ledger
