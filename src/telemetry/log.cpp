#include "telemetry/log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/rfc3339.h"

namespace tributary::telemetry {
namespace {

/// The same is written this often within a window, then counted.
constexpr std::int64_t kRepeatsPerWindow = 10;
constexpr std::chrono::seconds kRepeatWindow{10};
constexpr std::size_t kMaxTracked = 1'000;
constexpr std::string_view kLog = "log.";

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
    }
    return "error";
}

/// Appends a JSON string. Bytes that are no UTF-8 become U+FFFD: the line stays valid JSON.
void append_json_string(std::string& out, std::string_view text) {
    const auto continuation = [&](std::size_t i) {
        return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
    };
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text[i];
        } else if (c < 0x20 || c == 0x7f) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
        } else if (c < 0x80) {
            out += text[i];
        } else {
            const std::size_t extra = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
            std::size_t seen = 0;
            while (seen < extra && c < 0xf5 && continuation(i + 1 + seen)) ++seen;
            if (extra > 0 && seen == extra) {
                out += text.substr(i, extra + 1);
                i += extra;
            } else {
                out += "\xef\xbf\xbd";
            }
        }
    }
    out += '"';
}

void append_value(std::string& out, const LogField::Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        append_json_string(out, *text);
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        fmt::format_to(std::back_inserter(out), "{}", *integer);
    } else if (const auto* number = std::get_if<double>(&value)) {
        out += std::isfinite(*number) ? fmt::format("{}", *number) : "null";
    } else {
        out += std::get<bool>(value) ? "true" : "false";
    }
}

using NamedValue = std::pair<std::string_view, const LogField::Value*>;

/// Writes fields sorted by name as nested objects: `event.id` and `event.type` share `event`.
void append_nested(std::string& out, const std::vector<NamedValue>& fields, std::size_t begin,
                   std::size_t end, std::size_t depth) {
    for (std::size_t i = begin; i < end;) {
        const std::string_view rest = fields[i].first.substr(depth);
        const std::size_t dot = rest.find('.');
        const std::string_view head = rest.substr(0, dot);
        if (out.back() != '{') out += ',';
        append_json_string(out, head);
        out += ':';
        if (dot == std::string_view::npos) {
            append_value(out, *fields[i].second);
            ++i;
            continue;
        }
        std::size_t last = i + 1;
        while (last < end &&
               fields[last].first.substr(depth).starts_with(rest.substr(0, dot + 1))) {
            ++last;
        }
        out += '{';
        append_nested(out, fields, i, last, depth + dot + 1);
        out += '}';
        i = last;
    }
}

std::string json_line(std::string_view service, Level level, Timestamp now,
                      std::string_view message, std::span<const LogField> fields) {
    std::vector<NamedValue> sorted;
    sorted.reserve(fields.size());
    for (const LogField& field : fields) sorted.emplace_back(field.name, &field.value);
    // What is said of the log itself comes last, since it stands beside the level: an object that
    // occurs twice makes the line no JSON for Elasticsearch.
    const auto is_of_log = [](const NamedValue& field) { return field.first.starts_with(kLog); };
    std::ranges::sort(sorted, [&](const NamedValue& a, const NamedValue& b) {
        return std::pair(is_of_log(a), a.first) < std::pair(is_of_log(b), b.first);
    });
    const auto others =
        static_cast<std::size_t>(std::ranges::find_if(sorted, is_of_log) - sorted.begin());

    std::string line = fmt::format(R"({{"@timestamp":"{}","log":{{"level":"{}")",
                                   format_rfc3339(now), name_of(level));
    append_nested(line, sorted, others, sorted.size(), kLog.size());
    line += R"(},"message":)";
    append_json_string(line, message);
    line += R"(,"service":{"name":)";
    append_json_string(line, service);
    line += R"(},"ecs":{"version":"8.11"})";
    append_nested(line, sorted, 0, others, 0);
    line += "}\n";
    return line;
}

/// Of an event's line; empty for every other, such as that of a whole import, which comes once.
std::string_view trace_id_of_event(std::span<const LogField> fields) {
    std::string_view trace;
    bool is_of_event = false;
    for (const LogField& field : fields) {
        is_of_event = is_of_event || field.name == "event.id";
        if (field.name != "trace.id") continue;
        if (const auto* id = std::get_if<std::string>(&field.value)) trace = *id;
    }
    return is_of_event ? trace : std::string_view();
}

std::string human_line(Level level, Timestamp now, std::string_view service,
                       std::string_view message, std::span<const LogField> fields) {
    std::string line = fmt::format("{} {:5} {}: {}", format_rfc3339(now).substr(11, 12),
                                   name_of(level), service, message);
    for (const LogField& field : fields) {
        fmt::format_to(std::back_inserter(line), " {}=", field.name);
        append_value(line, field.value);
    }
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    line += '\n';
    return line;
}

}  // namespace

Log::Log(Settings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {
}

bool Log::is_repeat(Repeats& repeats, std::string_view key, std::int64_t& suppressed) {
    if (key.empty()) return false;
    auto found = repeats.find(key);
    if (found == repeats.end()) {
        if (repeats.size() >= kMaxTracked) repeats.clear();
        found = repeats.emplace(key, Repeat()).first;
    }
    Repeat& repeat = found->second;
    const SteadyTime now = clock_.steady_now();
    if (repeat.count == 0 || now - repeat.window_start >= kRepeatWindow) {
        suppressed += std::max<std::int64_t>(0, repeat.count - kRepeatsPerWindow);
        repeat = {now, 0};
    }
    return ++repeat.count > kRepeatsPerWindow;
}

void Log::write(Level level, std::string_view message, std::span<const LogField> fields) {
    if (!is_enabled(level)) return;
    std::int64_t suppressed = 0;
    {
        const std::scoped_lock lock(mutex_);
        const bool is_warning = level >= Level::warn;
        if (is_repeat(messages_, is_warning ? message : std::string_view(), suppressed)) return;
        if (is_repeat(traces_, is_warning ? std::string_view() : trace_id_of_event(fields),
                      suppressed)) {
            return;
        }
    }
    const auto compose = [&](std::string_view text, std::span<const LogField> with) {
        return settings_.human ? human_line(level, clock_.now(), settings_.service, text, with)
                               : json_line(settings_.service, level, clock_.now(), text, with);
    };
    std::string lines = compose(message, fields);
    if (suppressed > 0) {
        const std::array left_out{LogField("log.original", message),
                                  LogField("log.suppressed", suppressed)};
        lines += compose("Repeats of a message were left out.", left_out);
    }
    // One write for whole lines: other processes share this descriptor. A log that cannot be
    // written must not stop the service.
    std::string_view rest = lines;
    while (!rest.empty()) {
        const ssize_t written = ::write(settings_.fd, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

void Log::warn(std::string_view message, const Error& error) {
    warn(message, {{"error.code", to_string(error.code)}, {"error.message", error.message}});
}

void Log::error(std::string_view message, const Error& error) {
    this->error(message, {{"error.code", to_string(error.code)}, {"error.message", error.message}});
}

Result<Level> parse_level(std::string_view text) {
    for (const Level level : {Level::debug, Level::info, Level::warn, Level::error}) {
        if (name_of(level) == text) return level;
    }
    return fail(ErrorCode::invalid_input,
                fmt::format("\"{}\" is no log level; use debug, info, warn or error.", text));
}

}  // namespace tributary::telemetry
