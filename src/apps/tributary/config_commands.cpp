#include <boost/json.hpp>
#include <cstdio>
#include <fmt/format.h>

#include "apps/log_backend.h"
#include "apps/program.h"
#include "apps/tributary/commands.h"
#include "ingest/callers.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;

std::string shown(const settings::Setting& setting, const settings::Settings::Value& value) {
    return setting.secret && !value.text.empty() ? "(secret)" : value.text;
}

void print_json(const settings::Settings& values) {
    json::array rows;
    for (const settings::Setting& setting : settings::table()) {
        const auto& value = values.value(setting.name);
        json::object row;
        row["name"] = setting.name;
        row["value"] = shown(setting, value);
        row["origin"] = value.origin;
        row["default"] = setting.default_value;
        row["programs"] = setting.programs;
        row["help"] = setting.help;
        rows.push_back(std::move(row));
    }
    fmt::print("{}\n", json::serialize(rows));
}

/// docs/configuration.md is made with it.
void print_markdown() {
    fmt::print("| variable | default | read by | meaning |\n|---|---|---|---|\n");
    for (const settings::Setting& setting : settings::table()) {
        std::string help(setting.help);
        for (std::size_t at = 0; (at = help.find('|', at)) != std::string::npos; at += 2) {
            help.insert(at, "\\");
        }
        fmt::print(
            "| `{}` | {} | {} | {}{} |\n", setting.name,
            setting.default_value.empty() ? "" : fmt::format("`{}`", setting.default_value),
            setting.programs, help,
            setting.secret ? fmt::format(" Secret; may come from `{}_FILE`.", setting.name) : "");
    }
}

}  // namespace

int show_config(const settings::Environment& environment, bool as_json, bool as_markdown) {
    if (as_markdown) {
        print_markdown();
        return kExitSuccess;
    }
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    if (as_json) {
        print_json(*values);
        return kExitSuccess;
    }
    for (const settings::Setting& setting : settings::table()) {
        const auto& value = values->value(setting.name);
        fmt::print("{:34} {:24} ({})\n", setting.name, shown(setting, value), value.origin);
    }
    return kExitSuccess;
}

int check_config(const settings::Environment& environment) {
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto catalog = load_catalog(*values);
    if (!catalog) return report_start_error(catalog.error());
    const auto callers = ingest::parse_callers(values->text("PRODUCER_TOKEN"), *catalog);
    if (!callers) return report_start_error(callers.error());
    if (auto fine = check_deadlines(*values); !fine) return report_start_error(fine.error());
    if (auto fine = check_kafka_properties(*values); !fine) return report_start_error(fine.error());
    fmt::print("The configuration is fine; entity types: {}.\n", catalog->names());
    return kExitSuccess;
}

}  // namespace tributary::apps
