#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Environment variables, read once at start. One table holds them all; the docs are made from it.
namespace tributary::settings {

enum class Kind { text, url, path, address, integer, bytes, milliseconds, choice, boolean };

/// One row of the table.
struct Setting {
    std::string_view name;
    Kind kind;
    std::string_view default_value;
    std::int64_t minimum;  ///< For numbers.
    std::int64_t maximum;
    std::string_view choices;   ///< For `choice`: `a|b|c`.
    std::string_view programs;  ///< Who reads it: `producer consumer …`
    bool secret;                ///< Never shown; may come from `NAME_FILE`.
    std::string_view help;
};

/// The whole table, in the order of the docs.
std::span<const Setting> table();

using Environment = std::map<std::string, std::string>;
/// This process's environment, as the main functions get it.
Environment environment_of(const char* const* environ);

/// Checked values. Asking for a name that is not in the table is a bug and throws.
class Settings {
public:
    struct Value {
        std::string text;
        std::string origin;  ///< `default`, `environment`, or `file <path>`
    };

    /// Every error at once, one sentence a line: bad values, unknown names that start with
    /// TRIBUTARY_, ELASTICSEARCH_ or PRODUCER_, Kafka properties that are ours to set. What
    /// Kubernetes injects for Services is ignored.
    static Result<Settings> load(const Environment& environment);

    [[nodiscard]] const std::string& text(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name) const;
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view name) const;
    [[nodiscard]] bool boolean(std::string_view name) const;
    /// The entries of a comma-separated text, without spaces around them and without empty ones.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
    [[nodiscard]] const Value& value(std::string_view name) const;
    /// `KAFKA_<PROPERTY>` variables as librdkafka properties: `KAFKA_SASL_USERNAME` ->
    /// `sasl.username`.
    [[nodiscard]] const std::map<std::string, std::string>& kafka_properties() const {
        return kafka_properties_;
    }

private:
    std::map<std::string, Value, std::less<>> values_;
    std::map<std::string, std::string> kafka_properties_;
};

}  // namespace tributary::settings
