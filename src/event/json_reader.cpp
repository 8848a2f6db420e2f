#include "event/json_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <simdjson.h>

#include "event/json_anatomy.h"
#include "event/json_text.h"

namespace tributary::event {
namespace {

namespace od = simdjson::ondemand;

/// Up to here names are compared one by one; beyond, sorting keeps hostile objects cheap.
constexpr std::size_t kFewNames = 16;
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view without_trailing_space(std::string_view text) {
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view without_space_around(std::string_view text) {
    text = without_trailing_space(text);
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return text;
}

JsonKind scalar_kind(char first) {
    switch (first) {
        case '"': return JsonKind::string;
        case 't':
        case 'f': return JsonKind::boolean;
        case 'n': return JsonKind::null;
        default: return JsonKind::number;
    }
}

}  // namespace

std::string_view with_article(JsonKind kind) {
    switch (kind) {
        case JsonKind::object: return "an object";
        case JsonKind::array: return "an array";
        case JsonKind::string: return "a string";
        case JsonKind::number: return "a number";
        case JsonKind::boolean: return "a boolean";
        case JsonKind::null: return "null";
    }
    return "nothing";
}

const JsonMember* JsonValue::find(std::string_view name) const {
    const auto found = std::ranges::find(members, name, &JsonMember::name);
    return found == members.end() ? nullptr : &*found;
}

struct JsonReader::Memory {
    explicit Memory(std::size_t max_depth_in) : max_depth(max_depth_in) {}

    std::size_t max_depth;
    std::string text;  ///< What is read, and the padding that simdjson wants behind it.
    od::parser parser;
    JsonValue value;
    std::vector<std::string_view> names;  ///< Those of the objects that are open, innermost last.
    std::string* collected = nullptr;
};

/// One pass over one text. The walking functions return false once something was found; then they
/// say what and, on their way out, where.
class JsonReader::Walk {
public:
    Walk(Memory& memory, std::string_view text) : memory_(memory), text_(text) {
        memory_.names.clear();
    }

    bool read(const Take& take) {
        const std::string_view root = without_space_around(text_);
        if (root.empty() || (root.front() != '{' && root.front() != '[')) {
            return read_root_scalar(root, take);
        }
        JsonValue& value = begin_value(root.front() == '{' ? JsonKind::object : JsonKind::array);
        value.raw = root;
        if (!open()) return false;
        if (value.kind == JsonKind::object) {
            od::object object;
            if (const auto error = document_.get_object().get(object)) return not_sound(error);
            if (!walk_event(object, value)) return false;
        } else {
            od::array array;
            if (const auto error = document_.get_array().get(array)) return not_sound(error);
            if (!walk_array(array, 1)) return false;
        }
        if (!is_at_end()) return not_sound(simdjson::TRAILING_CONTENT);
        take(value);
        return true;
    }

    bool read_elements(const Take& take) {
        if (!open()) return false;
        od::array array;
        if (const auto error = document_.get_array().get(array)) return not_sound(error);
        std::size_t index = 0;
        for (auto element : array) {
            od::value item;
            if (const auto error = std::move(element).get(item)) return not_sound(error);
            if (!read_element(item)) return at(fmt::format("/{}", index));
            if (!take(memory_.value)) return true;
            ++index;
        }
        return is_at_end() || not_sound(simdjson::TRAILING_CONTENT);
    }

    /// What was found. simdjson itself says neither where nor why.
    [[nodiscard]] std::string sentence(std::size_t max_depth) const {
        if (!finding_.empty()) {
            std::string pointer;
            for (auto part = path_.rbegin(); part != path_.rend(); ++part) pointer += *part;
            return fmt::format("at {}: {}.", pointer.empty() ? "the top" : pointer, finding_);
        }
        const JsonAnatomy anatomy = dissect(text_, max_depth);
        if (anatomy.not_json) return anatomy.not_json->sentence();
        if (anatomy.refused) return anatomy.refused->sentence();
        return fmt::format("{}.", simdjson::error_message(error_));
    }

private:
    bool open() {
        od::parser& parser = memory_.parser;
        if (text_.size() > parser.capacity()) {
            // In powers of two, so that slowly growing texts do not allocate each time.
            if (const auto error = parser.allocate(std::bit_ceil(text_.size()))) {
                return not_sound(error);
            }
        }
        const auto capacity = text_.size() + simdjson::SIMDJSON_PADDING;
        const auto error = parser.iterate(text_.data(), text_.size(), capacity).get(document_);
        return error == simdjson::SUCCESS || not_sound(error);
    }

    JsonValue& begin_value(JsonKind kind) {
        JsonValue& value = memory_.value;
        value.kind = kind;
        value.members.clear();
        value.data_members.clear();
        return value;
    }

    /// No event is one, so this need not be fast.
    bool read_root_scalar(std::string_view root, const Take& take) {
        const JsonAnatomy anatomy = dissect(text_, memory_.max_depth);
        if (anatomy.not_json || anatomy.refused) return not_sound(simdjson::TAPE_ERROR);
        JsonValue& value = begin_value(scalar_kind(root.front()));
        value.raw = root;
        take(value);
        return true;
    }

    bool read_element(od::value item) {
        const std::string_view token = item.raw_json_token();
        if (token.front() == '{') {
            JsonValue& value = begin_value(JsonKind::object);
            od::object object;
            if (const auto error = item.get_object().get(object)) return not_sound(error);
            if (!walk_event(object, value)) return false;
            value.raw = text_up_to_here(token.data());
            return true;
        }
        JsonMember member;
        if (!walk_value(item, member, 1, nullptr)) return false;
        begin_value(member.kind).raw = member.raw;
        return true;
    }

    bool walk_event(od::object object, JsonValue& value) {
        return walk_object(object, 1, &value.members, &value.data_members);
    }

    /// Lists the members in `members` unless it is null; `data_members` belongs to the outermost
    /// object only.
    bool walk_object(od::object object, std::size_t depth, std::vector<JsonMember>* members,
                     std::vector<JsonMember>* data_members) {
        if (depth > memory_.max_depth) return too_deep();
        const std::size_t first_name = memory_.names.size();
        for (auto result : object) {
            od::field field;
            if (const auto error = std::move(result).get(field)) return not_sound(error);
            JsonMember member;
            if (!read_name(field, member.name) || !note_name(member.name, first_name)) return false;
            const bool is_data = data_members != nullptr && member.name == "data";
            const bool was_collecting = std::exchange(is_collecting_, is_collecting_ || is_data);
            if (!walk_value(field.value(), member, depth + 1, is_data ? data_members : nullptr)) {
                return at(pointer_to(shortened(member.name)));
            }
            is_collecting_ = was_collecting;
            if (members != nullptr) members->push_back(member);
        }
        return names_are_unique(first_name);
    }

    bool walk_array(od::array array, std::size_t depth) {
        if (depth > memory_.max_depth) return too_deep();
        std::size_t index = 0;
        for (auto element : array) {
            od::value item;
            if (const auto error = std::move(element).get(item)) return not_sound(error);
            JsonMember member;
            if (!walk_value(item, member, depth + 1, nullptr)) return at(fmt::format("/{}", index));
            ++index;
        }
        return true;
    }

    /// `depth` is that of the value, should it be a container.
    bool walk_value(od::value value, JsonMember& out, std::size_t depth,
                    std::vector<JsonMember>* members) {
        const std::string_view token = value.raw_json_token();
        if (token.front() == '{') {
            out.kind = JsonKind::object;
            od::object object;
            if (const auto error = value.get_object().get(object)) return not_sound(error);
            if (!walk_object(object, depth, members, nullptr)) return false;
            out.raw = text_up_to_here(token.data());
            return true;
        }
        if (token.front() == '[') {
            out.kind = JsonKind::array;
            od::array array;
            if (const auto error = value.get_array().get(array)) return not_sound(error);
            if (!walk_array(array, depth)) return false;
            out.raw = text_up_to_here(token.data());
            return true;
        }
        out.raw = without_trailing_space(token);
        return walk_scalar(value, out);
    }

    bool walk_scalar(od::value& value, JsonMember& out) {
        out.kind = scalar_kind(out.raw.front());
        out.text = out.raw;
        if (out.kind == JsonKind::string) {
            if (!read_string(value, out)) return false;
        } else if (out.kind == JsonKind::number) {
            od::number number;
            if (const auto error = value.get_number().get(number)) return not_sound(error);
        } else if (out.kind == JsonKind::boolean) {
            bool boolean = false;
            if (const auto error = value.get_bool().get(boolean)) return not_sound(error);
        } else {
            bool is_null = false;
            if (value.is_null().get(is_null) || !is_null) return not_sound(simdjson::N_ATOM_ERROR);
        }
        if (is_collecting_ && memory_.collected != nullptr && out.kind != JsonKind::null) {
            collect(out.text);
        }
        return true;
    }

    /// A string without escapes needs no copy: the first stage of simdjson has checked UTF-8 and
    /// control characters of the whole text. It must be taken all the same, since what is not
    /// taken is skipped, and skipping lets `["a":1]` pass.
    static bool is_plain(std::string_view between_quotes) {
        return between_quotes.find('\\') == std::string_view::npos;
    }

    bool read_string(od::value& value, JsonMember& out) {
        if (out.raw.size() >= 2 && out.raw.back() == '"' &&
            is_plain(out.raw.substr(1, out.raw.size() - 2))) {
            od::raw_json_string raw;
            if (const auto error = value.get_raw_json_string().get(raw)) return not_sound(error);
            out.text = out.raw.substr(1, out.raw.size() - 2);
            return true;
        }
        const auto error = value.get_string().get(out.text);
        return error == simdjson::SUCCESS || not_sound(error);
    }

    bool read_name(od::field& field, std::string_view& name) {
        const char* const begin = field.key().raw();
        const auto left = static_cast<std::size_t>(text_.data() + text_.size() - begin);
        const std::string_view rest(begin, left);
        name = rest.substr(0, rest.find('"'));
        if (is_plain(name)) return true;
        if (const auto error = field.unescaped_key().get(name)) return not_sound(error);
        if (name.find('\0') == std::string_view::npos) return true;
        return found("a name contains the character NUL (\\u0000)");
    }

    bool note_name(std::string_view name, std::size_t first_name) {
        auto& names = memory_.names;
        const std::size_t count = names.size() - first_name;
        if (count < kFewNames) {
            const auto first = names.begin() + static_cast<std::ptrdiff_t>(first_name);
            if (std::find(first, names.end(), name) != names.end()) return found_twice(name);
        }
        names.push_back(name);
        return true;
    }

    /// Closes the object whose names begin at `first_name`.
    bool names_are_unique(std::size_t first_name) {
        auto& names = memory_.names;
        const auto first = names.begin() + static_cast<std::ptrdiff_t>(first_name);
        if (names.size() - first_name > kFewNames) {
            std::sort(first, names.end());
            const auto twice = std::adjacent_find(first, names.end());
            if (twice != names.end()) return found_twice(*twice);
        }
        names.resize(first_name);
        return true;
    }

    void collect(std::string_view text) {
        std::string& all = *memory_.collected;
        if (!all.empty()) all += ' ';
        all += text;
    }

    bool is_at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

    /// From `begin` to the end of the container that was just walked.
    [[nodiscard]] std::string_view text_up_to_here(const char* begin) {
        const char* end = text_.data() + text_.size();
        if (const char* here = nullptr; !document_.current_location().get(here)) end = here;
        return without_trailing_space(
            std::string_view(begin, static_cast<std::size_t>(end - begin)));
    }

    bool not_sound(simdjson::error_code error) {
        error_ = error;
        return false;
    }

    bool too_deep() {
        return found(fmt::format("it is nested deeper than {} levels", memory_.max_depth));
    }

    bool found_twice(std::string_view name) {
        found("the name is there twice in one object");
        return at(pointer_to(shortened(name)));
    }

    bool found(std::string finding) {
        finding_ = std::move(finding);
        return false;
    }

    /// On the way out: one more step toward the root.
    bool at(std::string step) {
        constexpr std::size_t kMaxSteps = 16;
        path_.push_back(std::move(step));
        if (path_.size() > kMaxSteps) path_.erase(path_.begin());
        return false;
    }

    Memory& memory_;
    std::string_view text_;
    od::document document_;
    bool is_collecting_ = false;
    simdjson::error_code error_ = simdjson::SUCCESS;
    std::string finding_;
    std::vector<std::string> path_;  ///< From the finding to the root.
};

JsonReader::JsonReader(std::size_t max_depth)
    : memory_(std::make_unique<Memory>(std::min(max_depth, std::size_t{1000}))) {
}

JsonReader::~JsonReader() = default;

std::string_view JsonReader::load(std::string_view text) {
    memory_->text.assign(text);
    memory_->text.append(simdjson::SIMDJSON_PADDING, '\0');
    return std::string_view(memory_->text).substr(0, text.size());
}

std::expected<void, std::string> JsonReader::read(std::string_view loaded, const Take& take) {
    Walk walk(*memory_, loaded);
    if (walk.read(take)) return {};
    return std::unexpected(walk.sentence(memory_->max_depth));
}

std::expected<void, std::string> JsonReader::read_elements(std::string_view loaded,
                                                           const Take& take) {
    Walk walk(*memory_, loaded);
    if (walk.read_elements(take)) return {};
    return std::unexpected(walk.sentence(memory_->max_depth + 1));
}

void JsonReader::collect_text(std::string* text) {
    memory_->collected = text;
}

void JsonReader::trim() {
    if (memory_->text.capacity() <= kKeptBytes) return;
    memory_->text = std::string();
    memory_->parser = od::parser();
    memory_->value = JsonValue();
    memory_->names = {};
}

}  // namespace tributary::event
