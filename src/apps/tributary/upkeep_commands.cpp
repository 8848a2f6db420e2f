#include <boost/json.hpp>
#include <fmt/format.h>
#include <thread>

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

int exit_code_of(const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    if (error.code == ErrorCode::invalid_input) return kExitFailure;
    return error.code == ErrorCode::internal ? kExitFailure : kExitUnavailable;
}

/// Deletes, or with --dry-run only counts, and remembers what for the report.
class Retention {
public:
    Retention(ElasticsearchUpkeep& upkeep, const RetentionOptions& options, Timestamp now)
        : upkeep_(upkeep), options_(options), now_(now) {}

    Result<void> delete_log_indices(std::chrono::milliseconds age) {
        if (age == std::chrono::milliseconds(0)) return {};
        const auto old =
            upkeep_.daily_indices(kLogIndices, std::chrono::floor<std::chrono::days>(now_ - age));
        if (!old) return std::unexpected(old.error());
        for (const std::string& index : *old) {
            if (!options_.is_dry_run) {
                if (auto gone = upkeep_.delete_index(index); !gone) return gone;
            }
            report_.emplace_back(json::object{{"index", index}, {"deleted", "all"}});
        }
        return {};
    }

    Result<void> delete_documents(const std::string& index, std::chrono::milliseconds age,
                                  std::vector<std::string> states = {}) {
        if (age == std::chrono::milliseconds(0)) return {};
        const ExpiredDocuments expired{index, now_ - age, std::move(states)};
        const auto deleted = options_.is_dry_run ? upkeep_.count(expired) : upkeep_.remove(expired);
        if (!deleted) return std::unexpected(deleted.error());
        report_.emplace_back(json::object{{"index", index}, {"deleted", *deleted}});
        return {};
    }

    /// Also of what was done before something failed.
    void print() const {
        if (options_.json) {
            fmt::print("{}\n", json::serialize(report_));
            return;
        }
        for (const json::value& row : report_) {
            fmt::print("{:32} {} {}\n", member_text(row, "index"), member_text(row, "deleted"),
                       options_.is_dry_run ? "to delete" : "deleted");
        }
    }

private:
    ElasticsearchUpkeep& upkeep_;
    const RetentionOptions& options_;
    const Timestamp now_;
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
    Retention work(**upkeep, options, clock.now());
    const auto done = run_retention(work, *values, *catalog);
    work.print();
    return done ? kExitSuccess : exit_code_of(done.error());
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
    const SteadyTime end = clock.steady_now() + options.timeout;
    while (true) {
        const auto done = (*upkeep)->install_template(kLogTemplate, *text);
        if (done) break;
        if (done.error().code == ErrorCode::invalid_input || clock.steady_now() >= end) {
            return exit_code_of(done.error());
        }
        std::this_thread::sleep_for(kPause);
    }
    fmt::print("{} installed\n", kLogTemplate);
    return kExitSuccess;
}

}  // namespace tributary::apps
