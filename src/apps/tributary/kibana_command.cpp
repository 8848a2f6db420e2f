#include <fmt/format.h>

#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"
#include "kibana/object_import.h"

namespace tributary::apps {

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
    const auto imported = kibana::import_objects(settings, *objects, clock);
    if (imported) {
        fmt::print("{} objects imported into {}\n", *imported, settings.url);
        return kExitSuccess;
    }
    fmt::print(stderr, "{}\n", imported.error().message);
    return imported.error().code == ErrorCode::unavailable ? kExitUnavailable : kExitFailure;
}

}  // namespace tributary::apps
