#include "settings/settings.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "base/file.h"

namespace tributary::settings {
namespace {

constexpr std::size_t kMaxSecretFileBytes = 64 * 1024;

struct Unit {
    std::string_view suffix;
    std::int64_t factor;
};
constexpr std::array kByteUnits{Unit{"GiB", 1LL << 30}, Unit{"MiB", 1LL << 20},
                                Unit{"KiB", 1LL << 10}, Unit{"B", 1}, Unit{"", 1}};
constexpr std::array kTimeUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                                Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};

/// `10MiB` -> 10485760; empty where it is no number with one of these units.
template <std::size_t N>
std::optional<std::int64_t> parse_with_unit(std::string_view text,
                                            const std::array<Unit, N>& units) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const Unit& unit : units) {
        std::int64_t result = 0;
        if (suffix != unit.suffix) continue;
        if (__builtin_mul_overflow(number, unit.factor, &result)) return std::nullopt;
        return result;
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_number(const Setting& setting, std::string_view text) {
    switch (setting.kind) {
        case Kind::integer: return parse_with_unit(text, std::array{Unit{"", 1}});
        case Kind::bytes: return parse_with_unit(text, kByteUnits);
        case Kind::milliseconds: return parse_with_unit(text, kTimeUnits);
        case Kind::text:
        case Kind::url:
        case Kind::path:
        case Kind::address:
        case Kind::choice:
        case Kind::boolean: break;
    }
    return std::nullopt;
}

/// Writes a bound the way a person would type it.
std::string show_number(Kind kind, std::int64_t value) {
    const auto in_units = [&](const auto& units) {
        const Unit* best = nullptr;
        for (const Unit& unit : units) {
            if (unit.suffix.empty() || value % unit.factor != 0 || value < unit.factor) continue;
            if (best == nullptr || unit.factor > best->factor) best = &unit;
        }
        return best == nullptr ? std::to_string(value)
                               : fmt::format("{}{}", value / best->factor, best->suffix);
    };
    if (kind == Kind::bytes) return in_units(kByteUnits);
    if (kind == Kind::milliseconds) return in_units(kTimeUnits);
    return std::to_string(value);
}

bool is_one_of(std::string_view text, std::string_view choices) {
    while (true) {
        const std::size_t bar = choices.find('|');
        if (choices.substr(0, bar) == text) return true;
        if (bar == std::string_view::npos) return false;
        choices.remove_prefix(bar + 1);
    }
}

bool is_ip_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

/// A sentence on what is wrong with the value; empty when it is fine.
std::string complaint(const Setting& setting, const std::string& text) {
    const std::string shown = setting.secret ? "its value" : fmt::format("\"{}\"", text);
    switch (setting.kind) {
        case Kind::text:
        case Kind::path: return "";
        case Kind::address:
            if (is_ip_address(text)) return "";
            return fmt::format("{}: {} is no IP address; use one like 127.0.0.1, 0.0.0.0 or ::1.",
                               setting.name, shown);
        case Kind::url:
            if (text.empty() || text.starts_with("http://") || text.starts_with("https://")) {
                return "";
            }
            return fmt::format("{}: {} is no URL; use http://host:port or https://host:port.",
                               setting.name, shown);
        case Kind::choice:
            if (is_one_of(text, setting.choices)) return "";
            return fmt::format("{}: {} is not one of {}.", setting.name, shown, setting.choices);
        case Kind::boolean:
            if (text == "true" || text == "false") return "";
            return fmt::format("{}: {} is neither true nor false.", setting.name, shown);
        case Kind::integer:
        case Kind::bytes:
        case Kind::milliseconds: break;
    }
    const auto number = parse_number(setting, text);
    if (number && *number >= setting.minimum && *number <= setting.maximum) return "";
    constexpr std::string_view kByteHint = " Units: B, KiB, MiB, GiB.";
    constexpr std::string_view kTimeHint = " Units: ms, s, m, h, d.";
    return fmt::format("{}: {} is not a whole number from {} to {}.{}", setting.name, shown,
                       show_number(setting.kind, setting.minimum),
                       show_number(setting.kind, setting.maximum),
                       setting.kind == Kind::bytes          ? kByteHint
                       : setting.kind == Kind::milliseconds ? kTimeHint
                                                            : "");
}

Result<std::string> read_secret(const std::string& path) {
    auto content = read_file(path, kMaxSecretFileBytes);
    while (content && (content->ends_with('\n') || content->ends_with('\r'))) content->pop_back();
    return content;
}

/// What Kubernetes puts into every pod for a Service called `producer`, say: PRODUCER_PORT,
/// PRODUCER_SERVICE_HOST, PRODUCER_PORT_8081_TCP_ADDR, ...
bool is_kubernetes_service_variable(std::string_view name, std::string_view value) {
    const bool port_of_service = name.ends_with("_PORT") && value.starts_with("tcp://");
    return name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
           name.find("_SERVICE_PORT_") != std::string_view::npos || port_of_service ||
           (name.find("_PORT_") != std::string_view::npos &&
            (name.ends_with("_TCP") || name.ends_with("_UDP") ||
             name.find("_TCP_") != std::string_view::npos ||
             name.find("_UDP_") != std::string_view::npos));
}

bool is_ours_by_prefix(std::string_view name) {
    return name.starts_with("TRIBUTARY_") || name.starts_with("ELASTICSEARCH_") ||
           name.starts_with("PRODUCER_");
}

/// Kafka properties on which our guarantees rest.
constexpr std::array<std::string_view, 8> kOurKafkaProperties{"acks",
                                                              "request.required.acks",
                                                              "enable.idempotence",
                                                              "enable.auto.commit",
                                                              "enable.auto.offset.store",
                                                              "auto.offset.reset",
                                                              "partition.assignment.strategy",
                                                              "group.id"};

const Setting* find_setting(std::string_view name) {
    const auto rows = table();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const Setting& setting) { return setting.name == name; });
    return row == rows.end() ? nullptr : &*row;
}

std::string property_name(std::string_view variable) {
    std::string name(variable.substr(std::string_view("KAFKA_").size()));
    for (char& c : name) {
        c = c == '_' ? '.' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return name;
}

std::string allowed_names(std::string_view prefix) {
    std::string names;
    for (const Setting& setting : table()) {
        if (!setting.name.starts_with(prefix)) continue;
        names += names.empty() ? "" : ", ";
        names += setting.name;
    }
    return names.empty() ? "none" : names;
}

}  // namespace

Environment environment_of(const char* const* environ) {
    Environment environment;
    for (; *environ != nullptr; ++environ) {
        const std::string_view entry(*environ);
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos) continue;
        environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return environment;
}

Result<Settings> Settings::load(const Environment& environment) {
    Settings settings;
    std::string complaints;
    const auto complain = [&](const std::string& sentence) {
        if (!sentence.empty()) complaints += (complaints.empty() ? "" : "\n") + sentence;
    };

    for (const Setting& setting : table()) {
        const std::string name(setting.name);
        Value value{std::string(setting.default_value), "default"};
        const auto given = environment.find(name);
        const auto file = environment.find(name + "_FILE");
        if (setting.secret && file != environment.end()) {
            if (given != environment.end()) {
                complain(fmt::format("{0}: set either {0} or {0}_FILE, not both.", name));
            }
            auto content = read_secret(file->second);
            if (!content) complain(fmt::format("{}_FILE: {}", name, content.error().message));
            value = {content.value_or(""), "file " + file->second};
        } else if (given != environment.end() && !given->second.empty() &&
                   !is_kubernetes_service_variable(name, given->second)) {
            value = {given->second, "environment"};
        }
        complain(complaint(setting, value.text));
        settings.values_.emplace(name, std::move(value));
    }

    for (const auto& [name, value] : environment) {
        const bool is_secret_file =
            name.ends_with("_FILE") && [&, stem = std::string_view(name)]() {
                const Setting* setting = find_setting(stem.substr(0, stem.size() - 5));
                return setting != nullptr && setting->secret;
            }();
        if (find_setting(name) != nullptr || is_secret_file ||
            is_kubernetes_service_variable(name, value)) {
            continue;
        }
        if (is_ours_by_prefix(name)) {
            const std::string_view prefix = std::string_view(name).substr(0, name.find('_') + 1);
            complain(fmt::format("{}: there is no such setting; those that start with {} are: {}.",
                                 name, prefix, allowed_names(prefix)));
        } else if (name.starts_with("KAFKA_")) {
            const std::string property = property_name(name);
            if (std::find(kOurKafkaProperties.begin(), kOurKafkaProperties.end(), property) !=
                kOurKafkaProperties.end()) {
                complain(
                    fmt::format("{}: {} is not yours to set; the delivery guarantees rest on "
                                "it. Remove the variable.",
                                name, property));
            }
            settings.kafka_properties_.emplace(property, value);
        }
    }

    if (!complaints.empty()) return fail(ErrorCode::invalid_input, std::move(complaints));
    return settings;
}

const Settings::Value& Settings::value(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) {
        throw std::logic_error(fmt::format("{} is not in the table of settings", name));
    }
    return found->second;
}

const std::string& Settings::text(std::string_view name) const {
    return value(name).text;
}

std::int64_t Settings::integer(std::string_view name) const {
    const Setting* setting = find_setting(name);
    const auto number = parse_number(*setting, text(name));
    if (!number) throw std::logic_error(fmt::format("{} is not a number", name));
    return *number;
}

std::chrono::milliseconds Settings::duration(std::string_view name) const {
    return std::chrono::milliseconds(integer(name));
}

bool Settings::boolean(std::string_view name) const {
    return text(name) == "true";
}

std::vector<std::string> Settings::list(std::string_view name) const {
    std::vector<std::string> entries;
    std::istringstream remaining(text(name));
    for (std::string entry; std::getline(remaining, entry, ',');) {
        const std::size_t begin = entry.find_first_not_of(' ');
        if (begin == std::string::npos) continue;
        entries.push_back(entry.substr(begin, entry.find_last_not_of(' ') - begin + 1));
    }
    return entries;
}

}  // namespace tributary::settings
