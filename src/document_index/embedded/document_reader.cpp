#include "document_index/embedded/document_reader.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <simdjson.h>
#include <utility>

#include "base/rfc3339.h"

namespace tributary::document_index {
namespace {

namespace ondemand = simdjson::ondemand;

/// Far beyond what events may have; bounds the stack.
constexpr int kMaxDepth = 256;

/// The fields that mean something to the index.
enum class Role { none, event_id, received_at, timestamp, topic, partition, offset, text };

/// The mapping of one index: a tree of names, like Elasticsearch's. A leaf holds values.
struct Field {
    std::map<std::string, Field, std::less<>> children;
    Role role = Role::none;

    [[nodiscard]] bool is_value() const { return children.empty(); }
    [[nodiscard]] const Field* child(std::string_view name) const {
        const auto found = children.find(name);
        return found == children.end() ? nullptr : &found->second;
    }
    Field& add(std::string_view path) {
        const auto dot = path.find('.');
        auto& field = children[std::string(path.substr(0, dot))];
        return dot == std::string_view::npos ? field : field.add(path.substr(dot + 1));
    }
};

Field common_mapping() {
    Field root;
    root.add("id").role = Role::event_id;
    root.add("@timestamp").role = Role::timestamp;
    root.add("text").role = Role::text;
    root.add("pipeline.received_at").role = Role::received_at;
    for (const char* name : {"published_at", "indexed_at", "digest", "latency_ms"}) {
        root.add(std::string("pipeline.") + name);
    }
    root.add("kafka.topic").role = Role::topic;
    root.add("kafka.partition").role = Role::partition;
    root.add("kafka.offset").role = Role::offset;
    return root;
}

Rejected parsing_exception(std::string reason) {
    return Rejected{400, "mapper_parsing_exception", std::move(reason)};
}

std::string_view without_trailing_space(std::string_view token) {
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

/// Numbers beyond what a machine holds are numbers all the same: nobody here computes with them.
bool is_number(ondemand::value& value) {
    if (value.get_number().error() == simdjson::SUCCESS) return true;
    const auto token = without_trailing_space(value.raw_json_token());
    return token.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
}

template <class Integer>
Integer integer_or(std::string_view text, Integer otherwise) {
    Integer number = otherwise;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? number : otherwise;
}

/// Walks one document along its mapping and collects what has a role.
class DocumentWalk {
public:
    simdjson::error_code object(ondemand::object object, const Field* field) {
        for (auto entry : object) {
            std::string_view name;
            if (auto error = entry.unescaped_key().get(name)) return error;
            const auto* child = field == nullptr ? nullptr : field->child(name);
            const auto parent_size = path_.size();
            if (child != nullptr) path_.append(path_.empty() ? "" : ".").append(name);
            ondemand::value value;
            if (auto error = entry.value().get(value)) return error;
            if (auto error = this->value(value, child)) return error;
            path_.resize(parent_size);
        }
        return simdjson::SUCCESS;
    }

    /// The first place where the document contradicts the mapping; empty where it fits.
    [[nodiscard]] const std::string& contradiction() const { return contradiction_; }

    IndexedFields fields() && {
        IndexedFields fields;
        fields.event_id = std::move(event_id_);
        fields.text = std::move(text_);
        for (const auto* time : {&received_at_, &timestamp_}) {
            if (const auto parsed = parse_rfc3339(*time); parsed) {
                fields.received_at = *parsed;
                break;
            }
        }
        fields.origin = std::move(origin_);
        return fields;
    }

private:
    simdjson::error_code value(ondemand::value value, const Field* field) {
        if (depth_ == kMaxDepth) return simdjson::DEPTH_ERROR;
        ++depth_;
        const auto error = value_of_any_type(value, field);
        --depth_;
        return error;
    }

    simdjson::error_code value_of_any_type(ondemand::value value, const Field* field) {
        ondemand::json_type type{};
        if (auto error = value.type().get(type)) return error;
        switch (type) {
            case ondemand::json_type::object:
                if (field != nullptr && field->is_value()) {
                    contradict("has an object where a value should be");
                    field = nullptr;
                }
                return object(value.get_object(), field);
            case ondemand::json_type::array: return array(value.get_array(), field);
            case ondemand::json_type::string: return string(value, field);
            case ondemand::json_type::number:
                if (!is_number(value)) return simdjson::NUMBER_ERROR;
                scalar(without_trailing_space(value.raw_json_token()), field);
                return simdjson::SUCCESS;
            case ondemand::json_type::boolean: return boolean(value, field);
            case ondemand::json_type::null: return value.is_null().error();
        }
        return simdjson::TAPE_ERROR;
    }

    simdjson::error_code array(ondemand::array array, const Field* field) {
        for (auto element : array) {
            ondemand::value value;
            if (auto error = element.get(value)) return error;
            if (auto error = this->value(value, field)) return error;
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code string(ondemand::value value, const Field* field) {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return error;
        scalar(text, field);
        return simdjson::SUCCESS;
    }

    simdjson::error_code boolean(ondemand::value value, const Field* field) {
        bool is_true = false;
        if (auto error = value.get_bool().get(is_true)) return error;
        scalar(is_true ? "true" : "false", field);
        return simdjson::SUCCESS;
    }

    void scalar(std::string_view text, const Field* field) {
        if (field == nullptr) return;
        if (!field->is_value()) return contradict("has a value where an object should be");
        switch (field->role) {
            case Role::none: return;
            case Role::event_id: event_id_ = text; return;
            case Role::received_at: received_at_ = text; return;
            case Role::timestamp: timestamp_ = text; return;
            case Role::topic: origin_.topic = text; return;
            case Role::partition: origin_.partition = integer_or(text, std::int32_t{0}); return;
            case Role::offset: origin_.offset = integer_or(text, std::int64_t{0}); return;
            case Role::text: text_.append(text_.empty() ? "" : " ").append(text); return;
        }
    }

    void contradict(std::string_view how) {
        if (contradiction_.empty()) contradiction_ = fmt::format("The field '{}' {}.", path_, how);
    }

    int depth_ = 0;
    std::string path_;
    std::string contradiction_;
    std::string event_id_;
    std::string received_at_;
    std::string timestamp_;
    Origin origin_;
    std::string text_;
};

std::string text_at(ondemand::document& document, const char* pointer) {
    std::string_view text;
    if (document.at_pointer(pointer).get_string().get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
}

std::int64_t integer_at(ondemand::document& document, const char* pointer) {
    std::int64_t number = 0;
    if (document.at_pointer(pointer).get_int64().get(number) != simdjson::SUCCESS) return 0;
    return number;
}

}  // namespace

class DocumentReader::Implementation {
public:
    explicit Implementation(const std::map<std::string, std::vector<std::string>>& value_fields) {
        for (const auto& [index, paths] : value_fields) {
            auto& mapping = mappings_.emplace(index, common_).first->second;
            for (const auto& path : paths) mapping.add(path);
        }
    }

    std::expected<IndexedFields, Rejected> read(const std::string& index, std::string_view json) {
        const auto mapping = mappings_.find(index);
        DocumentWalk walk;
        if (const auto error =
                walk_document(json, mapping == mappings_.end() ? common_ : mapping->second, walk)) {
            return std::unexpected(parsing_exception(
                fmt::format("The document is not one JSON object: {}", error_message(error))));
        }
        if (!walk.contradiction().empty()) {
            return std::unexpected(parsing_exception(walk.contradiction()));
        }
        return std::move(walk).fields();
    }

    StoredContent stored_content(std::string_view json) {
        StoredContent content;
        ondemand::document document;
        if (parser_.iterate(padded(json)).get(document) != simdjson::SUCCESS) return content;
        content.digest = text_at(document, "/pipeline/digest");
        content.origin.topic = text_at(document, "/kafka/topic");
        content.origin.partition =
            static_cast<std::int32_t>(integer_at(document, "/kafka/partition"));
        content.origin.offset = integer_at(document, "/kafka/offset");
        std::string_view data;
        if (simdjson::to_json_string(document.at_pointer("/data")).get(data) == simdjson::SUCCESS) {
            content.data = data;
        }
        return content;
    }

private:
    simdjson::error_code walk_document(std::string_view json, const Field& mapping,
                                       DocumentWalk& walk) {
        ondemand::document document;
        if (auto error = parser_.iterate(padded(json)).get(document)) return error;
        ondemand::object object;
        if (auto error = document.get_object().get(object)) return error;
        if (auto error = walk.object(object, &mapping)) return error;
        const bool is_at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
        return is_at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
    }

    /// simdjson reads a few bytes past the end, so it needs a copy with room behind it.
    simdjson::padded_string_view padded(std::string_view json) {
        if (buffer_.size() < json.size() + simdjson::SIMDJSON_PADDING) {
            buffer_.resize(json.size() + simdjson::SIMDJSON_PADDING);
        }
        std::copy(json.begin(), json.end(), buffer_.begin());
        return simdjson::padded_string_view(buffer_.data(), json.size(), buffer_.size());
    }

    const Field common_ = common_mapping();
    std::map<std::string, Field> mappings_;
    ondemand::parser parser_;
    std::string buffer_;
};

DocumentReader::DocumentReader(const std::map<std::string, std::vector<std::string>>& value_fields)
    : implementation_(std::make_unique<Implementation>(value_fields)) {
}
DocumentReader::~DocumentReader() = default;

std::expected<IndexedFields, Rejected> DocumentReader::read(const std::string& index,
                                                            std::string_view json) {
    return implementation_->read(index, json);
}

StoredContent DocumentReader::stored_content(std::string_view json) {
    return implementation_->stored_content(json);
}

}  // namespace tributary::document_index
