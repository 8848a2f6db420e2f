#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"

namespace tributary::telemetry {

enum class Level { debug, info, warn, error };

/// A structured field; `name` is an ECS path such as `event.id` or `error.code`.
struct LogField {
    using Value = std::variant<std::string, std::int64_t, double, bool>;
    LogField(std::string_view name_in, std::string value_in)
        : name(name_in), value(std::move(value_in)) {}
    LogField(std::string_view name_in, std::string_view value_in)
        : name(name_in), value(std::string(value_in)) {}
    LogField(std::string_view name_in, const char* value_in)
        : name(name_in), value(std::string(value_in)) {}
    LogField(std::string_view name_in, bool value_in) : name(name_in), value(value_in) {}
    LogField(std::string_view name_in, double value_in) : name(name_in), value(value_in) {}
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool>)
    LogField(std::string_view name_in, Integer value_in)
        : name(name_in), value(static_cast<std::int64_t>(value_in)) {}
    std::string_view name;
    Value value;
};

/// Writes one JSON object a line (Elastic Common Schema) to a file descriptor; on a terminal, a
/// line for people. CR and LF in values cannot forge a line. Messages are sentences. Thread-safe.
/// Of repeats, which are warnings of one message and events' lines of one `trace.id`, ten are
/// written in ten seconds; how many were left out is told when the next one is.
class Log {
public:
    struct Settings {
        std::string service;  ///< `tributary-producer`
        Level minimum = Level::info;
        int fd = 1;
        bool human = false;  ///< For terminals.
    };
    /// `clock` must outlive the log.
    Log(Settings settings, const Clock& clock);

    using Fields = std::initializer_list<LogField>;
    void debug(std::string_view message, Fields fields = {}) {
        write(Level::debug, message, fields);
    }
    void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
    void info(std::string_view message, std::span<const LogField> fields) {
        write(Level::info, message, fields);
    }
    void warn(std::string_view message, Fields fields = {}) { write(Level::warn, message, fields); }
    void warn(std::string_view message, std::span<const LogField> fields) {
        write(Level::warn, message, fields);
    }
    void error(std::string_view message, Fields fields = {}) {
        write(Level::error, message, fields);
    }
    /// A failure with its code, as `error.code` and `error.message`.
    void warn(std::string_view message, const Error& error);
    void error(std::string_view message, const Error& error);

    [[nodiscard]] bool is_enabled(Level level) const { return level >= settings_.minimum; }

private:
    void write(Level level, std::string_view message, Fields fields) {
        write(level, message, std::span(fields.begin(), fields.size()));
    }
    void write(Level level, std::string_view message, std::span<const LogField> fields);

    struct Repeat {
        SteadyTime window_start;
        std::int64_t count = 0;
    };
    using Repeats = std::map<std::string, Repeat, std::less<>>;  ///< Bounded; see log.cpp.
    bool is_repeat(Repeats& repeats, std::string_view key, std::int64_t& suppressed);

    Settings settings_;
    const Clock& clock_;
    std::mutex mutex_;
    Repeats messages_;
    Repeats traces_;
};

/// `debug`, `info`, `warn`, `error`.
Result<Level> parse_level(std::string_view text);

}  // namespace tributary::telemetry
