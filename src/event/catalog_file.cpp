// Catalog::load: the built-in types plus those of a file, every part of which is held to the rules.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <set>
#include <yaml-cpp/yaml.h>

#include "base/file.h"
#include "event/catalog.h"
#include "event/schema.h"

namespace tributary::event {
namespace {

constexpr std::size_t kMaxFileBytes = 16UL << 20;
constexpr std::string_view kTypeKeys = "name, plural, topic, index, id_field, fields, schema";
constexpr std::array<std::pair<std::string_view, FieldKind>, 5> kKinds{{
    {"keyword", FieldKind::keyword},
    {"text", FieldKind::text},
    {"number", FieldKind::number},
    {"date", FieldKind::date},
    {"boolean", FieldKind::boolean},
}};

/// Thrown and caught within this file, as yaml-cpp does: it unwinds a recursive descent.
struct Refusal {
    Refusal(const YAML::Node& node, std::string message_in)
        : mark(node.Mark()), message(std::move(message_in)) {}
    YAML::Mark mark;
    std::string message;
};

std::string text_of(const YAML::Node& node, std::string_view what) {
    if (!node.IsScalar()) throw Refusal(node, fmt::format("{} must be a text.", what));
    return node.Scalar();
}

void require(bool is_right, const YAML::Node& node, std::string_view what, std::string_view rule) {
    if (is_right) return;
    throw Refusal(node, fmt::format("{} \"{}\" is not allowed: {}.", what, node.Scalar(), rule));
}

bool consists_of(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == std::string_view::npos;
}

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";

/// A type's name, or its plural: it must be found in file names, whose words are letters.
std::string word_of(const YAML::Node& node, std::string_view what) {
    std::string word = text_of(node, what);
    require(!word.empty() && word.size() <= 64 && consists_of(word, kLower), node, what,
            "1 to 64 small letters a-z, since it is also looked for in file names");
    return word;
}

std::string topic_of(const YAML::Node& node) {
    constexpr std::string_view kMore = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    std::string topic = text_of(node, "topic");
    require(!topic.empty() && topic.size() <= 200 && topic != "." && topic != ".." &&
                consists_of(topic, std::string(kLower).append(kMore)),
            node, "topic", "1 to 200 letters, digits, '.', '_' or '-', as Kafka has them");
    require(!topic.ends_with(".dlq") && !topic.ends_with(".dlq.actions"), node, "topic",
            "what ends with .dlq or .dlq.actions belongs to the dead letters");
    return topic;
}

std::string index_of(const YAML::Node& node) {
    std::string index = text_of(node, "index");
    require(!index.empty() && index.size() <= 200 &&
                consists_of(index, std::string(kLower).append("0123456789._-")) &&
                std::string_view("._-").find(index.front()) == std::string_view::npos,
            node, "index",
            "1 to 200 small letters, digits, '.', '_' or '-', beginning with a letter or digit, "
            "as Elasticsearch has them");
    require(index != "dead-letters-index", node, "index", "it is that of the dead letters");
    return index;
}

std::string field_name_of(const YAML::Node& node, std::string_view what) {
    std::string name = text_of(node, what);
    const bool is_plain = std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
    require(!name.empty() && name.size() <= 128 && is_plain && name.find('.') == std::string::npos,
            node, what, "1 to 128 printable ASCII characters without '.'");
    return name;
}

FieldKind kind_of(const YAML::Node& node) {
    const std::string word = text_of(node, "the kind of a field");
    const auto found = std::ranges::find(kKinds, word, &decltype(kKinds)::value_type::first);
    require(found != kKinds.end(), node, "the kind of a field",
            "keyword, text, number, date or boolean");
    return found->second;
}

/// YAML's plain scalars are numbers, booleans and null where they look like it; quoted ones texts.
boost::json::value scalar_to_json(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return boost::json::value(text);
    if (bool boolean = false; YAML::convert<bool>::decode(node, boolean)) return boolean;
    if (std::int64_t integer = 0; YAML::convert<std::int64_t>::decode(node, integer)) {
        return integer;
    }
    if (double number = 0; YAML::convert<double>::decode(node, number)) return number;
    return boost::json::value(text);
}

boost::json::value to_json(const YAML::Node& node) {
    if (node.IsMap()) {
        boost::json::object object;
        for (const auto& member : node) {
            object.emplace(text_of(member.first, "a name"), to_json(member.second));
        }
        return object;
    }
    if (node.IsSequence()) {
        boost::json::array array;
        for (const auto& element : node) array.push_back(to_json(element));
        return array;
    }
    if (node.IsNull()) return nullptr;
    return scalar_to_json(node);
}

class CatalogFile {
public:
    CatalogFile(std::string path, std::vector<EntityType>& types)
        : path_(std::move(path)), types_(types) {}

    Result<void> read() {
        const auto text = read_file(path_, kMaxFileBytes);
        if (!text) {
            return fail(ErrorCode::invalid_input, "ENTITY_CATALOG: " + text.error().message);
        }
        try {
            read_root(YAML::Load(*text));
        } catch (const Refusal& refusal) {
            return refuse(refusal.mark, refusal.message);
        } catch (const YAML::Exception& exception) {
            return refuse(exception.mark, fmt::format("This is not YAML: {}.", exception.msg));
        }
        return {};
    }

private:
    [[nodiscard]] std::unexpected<Error> refuse(const YAML::Mark& mark,
                                                std::string_view message) const {
        const std::string place =
            mark.is_null() ? path_ : fmt::format("{}:{}:{}", path_, mark.line + 1, mark.column + 1);
        return fail(ErrorCode::invalid_input, fmt::format("{}: {}", place, message));
    }

    /// Calls `read(key, value)` for each member of a mapping, whose keys must differ.
    static void for_each_member(
        const YAML::Node& node, std::string_view what,
        const std::function<void(const YAML::Node&, const YAML::Node&)>& read) {
        if (!node.IsMap()) throw Refusal(node, fmt::format("{} must be a mapping.", what));
        std::set<std::string> seen;
        for (const auto& member : node) {
            const std::string key = text_of(member.first, "a key");
            if (!seen.insert(key).second) {
                throw Refusal(member.first, fmt::format("\"{}\" is there twice.", key));
            }
            read(member.first, member.second);
        }
    }

    void read_root(const YAML::Node& root) {
        YAML::Node types;
        const YAML::Node members = root.IsNull() ? YAML::Node(YAML::NodeType::Map) : root;
        for_each_member(
            members, "The catalog", [&](const YAML::Node& key, const YAML::Node& value) {
                if (key.Scalar() != "types") {
                    throw Refusal(key,
                                  fmt::format("\"{}\" is not known here; a catalog has one key, "
                                              "types.",
                                              key.Scalar()));
                }
                types.reset(value);
            });
        if (!types.IsSequence() || types.size() == 0) {
            throw Refusal(types.IsDefined() && !types.IsNull() ? types : root,
                          "types must be a list of at least one entity type.");
        }
        for (const auto& entry : types) read_type(entry);
    }

    void read_type(const YAML::Node& entry) {
        const std::string name = name_of(entry);
        auto place = std::ranges::find(types_, name, &EntityType::name);
        const bool is_new = place == types_.end();
        EntityType type = is_new ? EntityType() : *place;
        type.name = name;
        for_each_member(
            entry, "An entity type",
            [&](const YAML::Node& key, const YAML::Node& value) { read_member(type, key, value); });
        if (type.plural.empty()) type.plural = name + "s";
        if (type.topic.empty()) type.topic = type.plural;
        if (type.index.empty()) type.index = type.plural + "-index";
        require_unique(entry, type);
        if (is_new) {
            types_.push_back(std::move(type));
        } else {
            *place = std::move(type);
        }
    }

    std::string name_of(const YAML::Node& entry) {
        if (!entry.IsMap() || !entry["name"].IsDefined()) {
            throw Refusal(entry, fmt::format("An entity type must be a mapping with a name. It may "
                                             "have {}.",
                                             kTypeKeys));
        }
        std::string name = word_of(entry["name"], "name");
        if (!names_in_file_.insert(name).second) {
            throw Refusal(entry["name"], fmt::format("The type {} is there twice.", name));
        }
        return name;
    }

    void read_member(EntityType& type, const YAML::Node& key, const YAML::Node& value) {
        const std::string& word = key.Scalar();
        if (word == "name") return;
        if (word == "plural") {
            type.plural = word_of(value, "plural");
        } else if (word == "topic") {
            type.topic = topic_of(value);
        } else if (word == "index") {
            type.index = index_of(value);
        } else if (word == "id_field") {
            type.id_field = field_name_of(value, "id_field");
        } else if (word == "fields") {
            read_fields(type, value);
        } else if (word == "schema") {
            type.schema = schema_of(value);
        } else {
            throw Refusal(key, fmt::format("\"{}\" is not known here; an entity type may have {}.",
                                           word, kTypeKeys));
        }
    }

    /// Adds to the fields of a built-in type, or changes their kinds.
    static void read_fields(EntityType& type, const YAML::Node& node) {
        for_each_member(node, "fields", [&](const YAML::Node& key, const YAML::Node& value) {
            const std::string name = field_name_of(key, "The name of a field");
            const FieldKind kind = kind_of(value);
            const auto field = std::ranges::find(type.fields, name, &Field::name);
            if (field == type.fields.end()) {
                type.fields.emplace_back(name, kind);
            } else {
                field->kind = kind;
            }
        });
    }

    [[nodiscard]] std::shared_ptr<const Schema> schema_of(const YAML::Node& node) const {
        std::string text;
        std::string place = "schema";
        if (node.IsMap()) {
            text = boost::json::serialize(to_json(node));
        } else {
            const auto folder = std::filesystem::path(path_).parent_path();
            place = (folder / text_of(node, "schema")).string();
            const auto contents = read_file(place, kMaxFileBytes);
            if (!contents) throw Refusal(node, "schema: " + contents.error().message);
            text = *contents;
        }
        auto schema = Schema::compile(text);
        if (!schema) throw Refusal(node, fmt::format("{}: {}", place, schema.error().message));
        return std::move(*schema);
    }

    void require_unique(const YAML::Node& entry, const EntityType& type) const {
        for (const EntityType& other : types_) {
            if (other.name == type.name) continue;
            const auto clash = [&](std::string_view what, std::string_view value) {
                throw Refusal(entry, fmt::format("The {} {} of the type {} belongs to the type {} "
                                                 "already.",
                                                 what, value, type.name, other.name));
            };
            if (type.topic == other.topic) clash("topic", type.topic);
            if (type.index == other.index) clash("index", type.index);
            for (const auto& word : {type.name, type.plural}) {
                if (word == other.name || word == other.plural) clash("word", word);
            }
        }
    }

    std::string path_;
    std::vector<EntityType>& types_;
    std::set<std::string> names_in_file_;
};

}  // namespace

Result<Catalog> Catalog::load(const std::string& path) {
    Catalog catalog = built_in();
    if (auto read = CatalogFile(path, catalog.types_).read(); !read) {
        return std::unexpected(std::move(read.error()));
    }
    return catalog;
}

}  // namespace tributary::event
