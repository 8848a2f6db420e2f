#include <boost/json.hpp>
#include <fmt/format.h>
#include <optional>
#include <thread>
#include <vector>

#include "apps/index_backend.h"
#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"
#include "document_index/elasticsearch/elasticsearch_upkeep.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;
using document_index::ElasticsearchUpkeep;
using document_index::ExpiredDocuments;

/// `logs-*-*` belongs to a template that Elasticsearch brings along.
constexpr const char* kLogIndices = "tributary-logs-";
constexpr const char* kLogTemplate = "tributary-logs";
constexpr std::chrono::seconds kPause{2};

Result<std::unique_ptr<ElasticsearchUpkeep>> open_upkeep(const settings::Settings& values,
                                                         const event::Catalog& catalog) {
    if (values.text("ELASTICSEARCH_URL").empty()) {
        return fail(ErrorCode::invalid_input,
                    "ELASTICSEARCH_URL is not set; set it to Elasticsearch's address. The embedded "
                    "index needs no upkeep.");
    }
    return ElasticsearchUpkeep::open(elasticsearch_settings(values, catalog));
}

/// Which settings to look at, behind what Elasticsearch said.
std::string sentence_of(const Error& error, const settings::Settings& values) {
    return fmt::format(
        "{} See that Elasticsearch runs at ELASTICSEARCH_URL ({}), that ELASTICSEARCH_API_KEY, or "
        "ELASTICSEARCH_USERNAME with ELASTICSEARCH_PASSWORD, may do this there, and for https that "
        "ELASTICSEARCH_CA_FILE has its authority; then run this again.",
        error.message, values.text("ELASTICSEARCH_URL"));
}

void log_failure(telemetry::Log& log, std::string_view message, std::string_view action,
                 const Error& error, const settings::Settings& values) {
    log.error(message, {{"event.action", action},
                        {"event.outcome", "failure"},
                        {"error.code", to_string(error.code)},
                        {"error.message", sentence_of(error, values)}});
}

int exit_code_of(const Error& error) {
    if (error.code == ErrorCode::invalid_input) return kExitFailure;
    return error.code == ErrorCode::internal ? kExitFailure : kExitUnavailable;
}

/// Deletes, or with --dry-run only counts; logs it, or remembers it for --json's report.
class Retention {
public:
    Retention(ElasticsearchUpkeep& upkeep, const RetentionOptions& options, Timestamp now,
              telemetry::Log& log)
        : upkeep_(upkeep), options_(options), now_(now), log_(log) {}

    Result<void> delete_log_indices(std::chrono::milliseconds age) {
        if (age == std::chrono::milliseconds(0)) return {};
        const auto old =
            upkeep_.daily_indices(kLogIndices, std::chrono::floor<std::chrono::days>(now_ - age));
        if (!old) return std::unexpected(old.error());
        for (const std::string& index : *old) {
            if (!options_.is_dry_run) {
                if (auto gone = upkeep_.delete_index(index); !gone) return gone;
            }
            report(index, std::nullopt);
        }
        return {};
    }

    Result<void> delete_documents(const std::string& index, std::chrono::milliseconds age,
                                  std::vector<std::string> states = {}) {
        if (age == std::chrono::milliseconds(0)) return {};
        const ExpiredDocuments expired{index, now_ - age, std::move(states)};
        const auto deleted = options_.is_dry_run ? upkeep_.count(expired) : upkeep_.remove(expired);
        if (!deleted) return std::unexpected(deleted.error());
        report(index, static_cast<std::int64_t>(*deleted));
        return {};
    }

    /// Also of what was done before something failed.
    void print() const {
        if (options_.json) fmt::print("{}\n", json::serialize(report_));
    }

private:
    /// `documents` is empty for a whole index.
    void report(const std::string& index, std::optional<std::int64_t> documents) {
        if (options_.json) {
            json::object row{{"index", index}, {"deleted", "all"}};
            if (documents) row["deleted"] = *documents;
            return report_.push_back(std::move(row));
        }
        std::vector<telemetry::LogField> fields{
            {"event.action", "delete"},
            {"event.outcome", "success"},
            {"tributary.retention.is_dry_run", options_.is_dry_run},
            {"tributary.retention.index", index}};
        if (documents) fields.emplace_back("tributary.retention.documents", *documents);
        if (options_.is_dry_run) return log_.info("This would be deleted.", fields);
        log_.info(documents ? "Old documents were deleted." : "An old index was deleted.", fields);
    }

    ElasticsearchUpkeep& upkeep_;
    const RetentionOptions& options_;
    const Timestamp now_;
    telemetry::Log& log_;
    json::array report_;
};

Result<void> run_retention(Retention& work, const settings::Settings& values,
                           const event::Catalog& catalog) {
    if (auto done = work.delete_log_indices(values.duration("RETENTION_LOGS")); !done) return done;
    // Open letters wait for somebody's decision, however old they are.
    auto done =
        work.delete_documents(document_index::kDeadLettersIndex,
                              values.duration("RETENTION_DEAD_LETTERS"), {"redriven", "dropped"});
    if (!done) return done;
    for (const event::EntityType& type : catalog.types()) {
        done = work.delete_documents(type.index, values.duration("RETENTION_EVENTS"));
        if (!done) return done;
    }
    return {};
}

}  // namespace

int retention(const settings::Environment& environment, const RetentionOptions& options) {
    const SystemClock clock;
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto catalog = load_catalog(*values);
    if (!catalog) return report_start_error(catalog.error());
    const auto upkeep = open_upkeep(*values, *catalog);
    if (!upkeep) return report_start_error(upkeep.error());
    // Who only asks wants the answer.
    const auto shown = options.is_dry_run ? telemetry::Level::info : telemetry::Level::error;
    telemetry::Log log = make_log("tributary-retention", *values, clock, shown);
    Retention work(**upkeep, options, clock.now(), log);
    const auto done = run_retention(work, *values, *catalog);
    work.print();
    if (done) return kExitSuccess;
    if (options.json) {
        fmt::print(stderr, "{}\n", sentence_of(done.error(), *values));
    } else {
        log_failure(log, "What is old could not be deleted.", "delete", done.error(), *values);
    }
    return exit_code_of(done.error());
}

int install_log_template(const settings::Environment& environment,
                         const LogTemplateOptions& options) {
    const SystemClock clock;
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto catalog = load_catalog(*values);
    if (!catalog) return report_start_error(catalog.error());
    const auto upkeep = open_upkeep(*values, *catalog);
    if (!upkeep) return report_start_error(upkeep.error());
    const auto text = read_input(options.file);
    if (!text) return report_start_error(text.error());
    telemetry::Log log = make_log("tributary-logs-install", *values, clock);
    const SteadyTime end = clock.steady_now() + options.timeout;
    while (true) {
        const auto done = (*upkeep)->install_template(kLogTemplate, *text);
        if (done) break;
        if (done.error().code == ErrorCode::invalid_input || clock.steady_now() >= end) {
            log_failure(log, "The index template could not be installed.", "install", done.error(),
                        *values);
            return exit_code_of(done.error());
        }
        std::this_thread::sleep_for(kPause);
    }
    log.info("The index template is installed.", {{"event.action", "install"},
                                                  {"event.outcome", "success"},
                                                  {"tributary.template", kLogTemplate}});
    return kExitSuccess;
}

}  // namespace tributary::apps
