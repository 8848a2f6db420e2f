#include "batch_import/progress.h"

#include <array>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <utility>

#include "receipt/json_text.h"

namespace tributary::batch_import {
namespace {

namespace json = boost::json;
using Compression = DecompressedStream::Compression;

constexpr std::int64_t kVersion = 1;

constexpr std::array<std::pair<FileFormat, std::string_view>, 5> kFormats{{
    {FileFormat::undecided, "undecided"},
    {FileFormat::array, "array"},
    {FileFormat::lines, "lines"},
    {FileFormat::values, "values"},
    {FileFormat::finished, "finished"},
}};

std::string_view name_of(FileFormat format) {
    for (const auto& [value, name] : kFormats) {
        if (value == format) return name;
    }
    return "";
}

FileFormat format_named(std::string_view text) {
    for (const auto& [value, name] : kFormats) {
        if (name == text) return value;
    }
    throw std::invalid_argument("no such format");
}

std::string_view name_of(Ending ending) {
    switch (ending) {
        case Ending::complete: return "complete";
        case Ending::broken: return "broken";
        case Ending::refused: return "refused";
        case Ending::replaced: return "replaced";
    }
    return "";
}

json::array keys_of(const std::vector<std::string>& parts) {
    return json::array(parts.begin(), parts.end());
}

std::string string_of(const json::value& value) {
    return std::string(value.as_string());
}

std::uint64_t count_of(const json::object& object, std::string_view name) {
    return object.at(name).to_number<std::uint64_t>();
}

Progress progress_of(const json::object& object) {
    Progress progress;
    progress.position = {format_named(string_of(object.at("format"))), count_of(object, "byte"),
                         count_of(object, "item")};
    progress.compression =
        object.at("compression").as_string() == "gzip" ? Compression::gzip : Compression::none;
    progress.accepted = count_of(object, "accepted");
    progress.rejected = count_of(object, "rejected");
    for (const json::value& part : object.at("parts").as_array()) {
        progress.parts.push_back(string_of(part));
    }
    const json::array& lines = object.at("open_part").as_array();
    for (const json::value& line : lines) progress.open_part += json::serialize(line) + "\n";
    if (!lines.empty()) progress.open_part_item = count_of(lines.front().as_object(), "index");
    return progress;
}

}  // namespace

std::string checkpoint_of(const Progress& progress) {
    std::string text = fmt::format(
        R"({{"version":{},"byte":{},"item":{},"format":"{}","compression":"{}","accepted":{},)"
        R"("rejected":{},"parts":{},"open_part":[)",
        kVersion, progress.position.byte, progress.position.item, name_of(progress.position.format),
        progress.compression == Compression::gzip ? "gzip" : "none", progress.accepted,
        progress.rejected, json::serialize(keys_of(progress.parts)));
    text.reserve(text.size() + progress.open_part.size() + 2);
    // The lines of a part are objects already: they become the elements of an array as they are.
    for (const char c : progress.open_part) text += c == '\n' ? ',' : c;
    if (!progress.open_part.empty()) text.back() = '\n';
    return text += "]}";
}

Result<Progress> parse_checkpoint(std::string_view text) {
    try {
        const json::value parsed = json::parse(text);
        const json::object& object = parsed.as_object();
        if (object.at("version").to_number<std::int64_t>() > kVersion) {
            return fail(ErrorCode::conflict,
                        fmt::format("The checkpoint has version {}; this program reads up to {}. A "
                                    "newer program wrote it: let that one finish the file.",
                                    object.at("version").to_number<std::int64_t>(), kVersion));
        }
        return progress_of(object);
    } catch (const std::exception& error) {
        return fail(ErrorCode::corrupt_data,
                    fmt::format("The checkpoint cannot be read ({}).", error.what()));
    }
}

std::string report_json(const Report& report, const Progress& progress) {
    json::object object;
    object["version"] = kVersion;
    object["bucket"] = report.bucket;
    object["key"] = receipt::utf8_only(report.key);
    object["object_version"] = report.version;
    object["type"] = report.type.empty() ? json::value(nullptr) : json::value(report.type);
    object["status"] = name_of(report.ending);
    if (!report.detail.empty()) object["detail"] = receipt::utf8_only(report.detail);
    object["read"] = progress.read();
    object["accepted"] = progress.accepted;
    object["rejected"] = progress.rejected;
    object["bytes"] = progress.position.byte;
    object["parts"] = keys_of(progress.parts);
    if (report.damage) {
        object["broken_at"] = {{"byte", report.damage->byte},
                               {"detail", receipt::utf8_only(report.damage->detail)}};
    }
    return json::serialize(object) + "\n";
}

bool is_final_report(std::string_view text) {
    json::error_code error;
    const json::value parsed = json::parse(text, error);
    if (error || !parsed.is_object()) return false;
    const json::value* const status = parsed.as_object().if_contains("status");
    return status != nullptr && status->is_string() &&
           (status->as_string() == "complete" || status->as_string() == "broken");
}

}  // namespace tributary::batch_import
