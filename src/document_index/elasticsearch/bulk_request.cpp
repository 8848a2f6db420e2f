#include "document_index/elasticsearch/bulk_request.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

namespace tributary::document_index::elasticsearch {
namespace {

constexpr std::size_t kMaxIdBytes = 512;
constexpr std::size_t kActionBytes = 40;

bool is_plain(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return c >= ' ' && c < '\x7F' && c != '"' && c != '\\'; });
}

void append_string(std::string_view text, std::string& out) {
    if (is_plain(text)) {
        out.append(1, '"').append(text).append(1, '"');
    } else {
        out += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
    }
}

void append_address(const Document& document, std::string& out) {
    out += R"({"_index":)";
    append_string(document.index, out);
    out += R"(,"_id":)";
    append_string(document.id, out);
    out += '}';
}

}  // namespace

std::optional<Rejected> why_not_sendable(const Document& document) {
    if (document.id.empty() || document.id.size() > kMaxIdBytes) {
        return Rejected{400, "illegal_argument_exception",
                        "The document's id has " + std::to_string(document.id.size()) +
                            " bytes; from 1 to 512 are possible."};
    }
    // Two searches for one character are ten times as fast as one for either.
    if (document.json.find('\n') != std::string::npos ||
        document.json.find('\r') != std::string::npos) {
        return Rejected{400, "mapper_parsing_exception",
                        "The document is not on one line, as it must be to be sent."};
    }
    return {};
}

std::string bulk_body(const std::vector<Document>& documents,
                      std::span<const std::size_t> positions) {
    std::size_t bytes = 0;
    for (const std::size_t position : positions) {
        const Document& document = documents[position];
        bytes += document.json.size() + document.index.size() + document.id.size() + kActionBytes;
    }
    std::string body;
    body.reserve(bytes);
    for (const std::size_t position : positions) {
        const Document& document = documents[position];
        const bool is_create = document.operation == Document::Operation::create;
        body += is_create ? R"({"create":)" : R"({"index":)";
        append_address(document, body);
        body += "}\n";
        body += document.json;
        body += '\n';
    }
    return body;
}

std::string mget_body(const std::vector<Document>& documents,
                      std::span<const std::size_t> positions) {
    std::string body = R"({"docs":[)";
    for (const std::size_t position : positions) {
        if (position != positions.front()) body += ',';
        append_address(documents[position], body);
    }
    body += "]}";
    return body;
}

}  // namespace tributary::document_index::elasticsearch
