#include "batch_import/rejects.h"

#include <boost/json.hpp>
#include <utility>

#include "receipt/json_text.h"

namespace tributary::batch_import {
namespace {

namespace json = boost::json;

json::array violations_of(const receipt::Problem& problem) {
    json::array list;
    for (const event::Violation& violation : problem.violations) {
        list.push_back({{"pointer", receipt::utf8_only(violation.pointer)},
                        {"message", receipt::utf8_only(violation.message)}});
    }
    return list;
}

}  // namespace

std::string line_of(const Reject& reject) {
    const std::string_view text = reject.text.substr(0, kMaxRejectTextBytes);
    json::object line;
    line["index"] = reject.index;
    line["byte"] = reject.byte;
    line["size"] = reject.size;
    line["status"] = reject.problem.status;
    line["type"] = reject.problem.type;
    line["title"] = reject.problem.title;
    line["detail"] = receipt::utf8_only(reject.problem.detail);
    if (!reject.problem.violations.empty()) line["violations"] = violations_of(reject.problem);
    if (!reject.problem.id.empty()) line["id"] = receipt::utf8_only(reject.problem.id);
    line["item"] = receipt::utf8_only(text);
    if (text.size() < reject.size) line["item_is_cut"] = true;
    return json::serialize(line) + "\n";
}

RejectedParts::RejectedParts(object_store::ObjectStore& store, std::string bucket,
                             std::string prefix, std::size_t max_part_bytes, Progress& progress)
    : store_(store),
      bucket_(std::move(bucket)),
      prefix_(std::move(prefix)),
      max_part_bytes_(max_part_bytes),
      progress_(progress) {
}

Result<void> RejectedParts::add(const Reject& reject) {
    const std::string line = line_of(reject);
    if (progress_.open_part.size() + line.size() > max_part_bytes_) {
        if (auto stored = finish(); !stored) return stored;
    }
    if (progress_.open_part.empty()) progress_.open_part_item = reject.index;
    progress_.open_part += line;
    ++progress_.rejected;
    return {};
}

Result<void> RejectedParts::finish() {
    if (progress_.open_part.empty()) return {};
    const std::string key = prefix_ + std::to_string(progress_.open_part_item) + ".ndjson";
    auto stored = store_.put(object_store::ObjectId(bucket_, key), progress_.open_part);
    if (!stored) return stored;
    progress_.parts.push_back(key);
    progress_.open_part.clear();
    return {};
}

}  // namespace tributary::batch_import
