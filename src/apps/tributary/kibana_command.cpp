#include <fmt/format.h>

#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"
#include "kibana/object_import.h"

namespace tributary::apps {
namespace {

/// Which settings to look at, behind what was tried.
std::string sentence_of(const Error& error, const kibana::ImportSettings& settings) {
    return fmt::format(
        "{} See that Kibana 8.19 or newer runs at KIBANA_URL ({}), that "
        "KIBANA_API_KEY may write saved objects there, and for https that "
        "KIBANA_CA_FILE has its authority; then run this again.",
        error.message, settings.url);
}

}  // namespace

int import_kibana_objects(const settings::Environment& environment, const KibanaOptions& options) {
    const SystemClock clock;
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto objects = read_input(options.file);
    if (!objects) return report_start_error(objects.error());
    kibana::ImportSettings settings;
    settings.url = values->text("KIBANA_URL");
    settings.api_key = values->text("KIBANA_API_KEY");
    settings.ca_file = values->text("KIBANA_CA_FILE");
    settings.patience = options.timeout;
    telemetry::Log log = make_log("tributary-kibana-import", *values, clock);
    const auto imported = kibana::import_objects(settings, *objects, clock);
    if (imported) {
        log.info("Kibana has the saved objects.", {{"event.action", "import"},
                                                   {"event.outcome", "success"},
                                                   {"tributary.objects", *imported},
                                                   {"url.full", settings.url}});
        return kExitSuccess;
    }
    log.error("The saved objects could not be imported.",
              {{"event.action", "import"},
               {"event.outcome", "failure"},
               {"url.full", settings.url},
               {"error.code", to_string(imported.error().code)},
               {"error.message", sentence_of(imported.error(), settings)}});
    return imported.error().code == ErrorCode::unavailable ? kExitUnavailable : kExitFailure;
}

}  // namespace tributary::apps
