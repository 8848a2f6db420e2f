#include "document_index/elasticsearch/bulk_response.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace tributary::document_index::elasticsearch {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

/// simdjson reads a few bytes past the end.
simdjson::padded_string_view padded(std::string& body) {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(body.data(), body.size(), body.capacity());
}

std::unexpected<Error> not_understood(error_code error, std::string_view what) {
    return fail(ErrorCode::unavailable,
                fmt::format("The answer to {} is not what Elasticsearch answers ({}); check that "
                            "the address is its own.",
                            what, simdjson::error_message(error)));
}

error_code read_cause(ondemand::object error, ItemAnswer& answer) {
    for (auto entry : error) {
        std::string_view name;
        if (auto failure = entry.unescaped_key().get(name)) return failure;
        if (name != "type" && name != "reason" && name != "caused_by") continue;
        ondemand::value value;
        if (auto failure = entry.value().get(value)) return failure;
        std::string_view text;
        ondemand::object cause;
        if (name == "caused_by") {
            if (value.get_object().get(cause) != simdjson::SUCCESS) continue;
            if (cause["reason"].get_string().get(text) != simdjson::SUCCESS) continue;
            answer.reason.append(" (").append(text).append(")");
        } else if (value.get_string().get(text) == simdjson::SUCCESS) {
            (name == "type" ? answer.type : answer.reason) = text;
        }
    }
    return simdjson::SUCCESS;
}

error_code read_result(ondemand::object result, ItemAnswer& answer) {
    for (auto entry : result) {
        std::string_view name;
        if (auto failure = entry.unescaped_key().get(name)) return failure;
        if (name == "status") {
            std::int64_t status = 0;
            if (auto failure = entry.value().get_int64().get(status)) return failure;
            answer.status = static_cast<int>(status);
        } else if (name == "error") {
            ondemand::object error;
            if (auto failure = entry.value().get_object().get(error)) return failure;
            if (auto failure = read_cause(error, answer)) return failure;
        }
    }
    return simdjson::SUCCESS;
}

/// `{"create":{…}}`: one member, whatever its name.
error_code read_item(ondemand::object item, ItemAnswer& answer) {
    for (auto entry : item) {
        ondemand::object result;
        if (auto failure = entry.value().get_object().get(result)) return failure;
        if (auto failure = read_result(result, answer)) return failure;
    }
    return simdjson::SUCCESS;
}

error_code read_items(ondemand::document& document, std::vector<ItemAnswer>& answers) {
    ondemand::array items;
    if (auto failure = document["items"].get_array().get(items)) return failure;
    for (auto element : items) {
        ondemand::object item;
        if (auto failure = element.get_object().get(item)) return failure;
        if (auto failure = read_item(item, answers.emplace_back())) return failure;
    }
    return simdjson::SUCCESS;
}

error_code read_origin(ondemand::object kafka, Origin& origin) {
    std::string_view topic;
    std::int64_t number = 0;
    if (kafka["topic"].get_string().get(topic) == simdjson::SUCCESS) origin.topic = topic;
    if (kafka["partition"].get_int64().get(number) == simdjson::SUCCESS) {
        origin.partition = static_cast<std::int32_t>(number);
    }
    if (kafka["offset"].get_int64().get(number) == simdjson::SUCCESS) origin.offset = number;
    return simdjson::SUCCESS;
}

error_code read_source(ondemand::object source, AlreadyExists& stored) {
    for (auto entry : source) {
        std::string_view name;
        if (auto failure = entry.unescaped_key().get(name)) return failure;
        ondemand::value value;
        if (auto failure = entry.value().get(value)) return failure;
        ondemand::object object;
        std::string_view text;
        if (name == "data") {
            if (auto failure = simdjson::to_json_string(value).get(text)) return failure;
            stored.data = text;
        } else if (name == "kafka" && value.get_object().get(object) == simdjson::SUCCESS) {
            if (auto failure = read_origin(object, stored.origin)) return failure;
        } else if (name == "pipeline" && value.get_object().get(object) == simdjson::SUCCESS) {
            if (object["digest"].get_string().get(text) == simdjson::SUCCESS) stored.digest = text;
        }
    }
    return simdjson::SUCCESS;
}

using Stored = std::optional<AlreadyExists>;

/// A document that is not there, or whose index is not, has no `_source`.
error_code read_documents(ondemand::document& document, std::vector<Stored>& all) {
    ondemand::array documents;
    if (auto failure = document["docs"].get_array().get(documents)) return failure;
    for (auto element : documents) {
        Stored& stored = all.emplace_back();
        ondemand::object entry;
        if (auto failure = element.get_object().get(entry)) return failure;
        ondemand::object source;
        if (entry["_source"].get_object().get(source) != simdjson::SUCCESS) continue;
        if (auto failure = read_source(source, stored.emplace())) return failure;
    }
    return simdjson::SUCCESS;
}

template <class Read, class Values>
error_code read_whole(std::string& body, Read read, Values& values) {
    ondemand::parser parser;
    ondemand::document document;
    if (auto failure = parser.iterate(padded(body)).get(document)) return failure;
    return read(document, values);
}

}  // namespace

Result<std::vector<ItemAnswer>> parse_bulk_response(std::string& body) {
    std::vector<ItemAnswer> answers;
    if (auto failure = read_whole(body, read_items, answers)) {
        return not_understood(failure, "a bulk request");
    }
    return answers;
}

Result<std::vector<std::optional<AlreadyExists>>> parse_mget_response(std::string& body) {
    std::vector<Stored> documents;
    if (auto failure = read_whole(body, read_documents, documents)) {
        return not_understood(failure, "a request for stored documents");
    }
    return documents;
}

}  // namespace tributary::document_index::elasticsearch
