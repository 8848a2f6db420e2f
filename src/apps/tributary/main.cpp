// tributary: the command line, and the whole system on one machine.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <iostream>

#include "apps/program.h"
#include "apps/tributary/commands.h"
#include "base/version.h"

using namespace tributary;

namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 refused, not found or not balanced; 2 wrong usage; 69 the system does "
    "not answer; 78 wrong configuration.";

/// As the Producer wants it; a header could not even carry every other one unchanged.
std::string flaw_of_id(const std::string& id) {
    const bool is_printable = std::ranges::all_of(id, [](char c) { return c >= ' ' && c <= '~'; });
    if (!id.empty() && id.size() <= 128 && is_printable) return "";
    return "an event id has 1 to 128 printable ASCII characters";
}

/// CLI11 says of such a number that it is wrong, but not what is allowed.
std::string flaw_of_count(const std::string& text) {
    std::uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && stop == end) return "";
    return "\"" + text + "\" is no whole number from 0 to 4294967295";
}

void add_client_options(CLI::App& command, apps::ClientOptions& options) {
    command.add_option("--url", options.url, "The gateway and console")->capture_default_str();
    command.add_option("--token", options.token, "The console's token, where it wants one")
        ->envname("CONSOLE_TOKEN");
    command.add_flag("--json", options.json, "Print JSON for machines");
}

void add_letter_filters(CLI::App& command, apps::DlqOptions& options) {
    command.add_option("--topic", options.topic, "The topic that it came from: orders");
    command.add_option("--reason", options.reason, "Why: mapping_conflict, id_reused, ...");
    command.add_option("--event-id", options.event_id, "The event's id");
    command.add_option("--key", options.key, "The record's key: the letters of one entity");
    command.add_option("--after", options.after, "Dead-lettered at or after (RFC 3339)");
    command.add_option("--before", options.before, "Dead-lettered before (RFC 3339)");
}

/// All commands and their options; `chosen` becomes what is to be run.
struct CommandLine {
    CommandLine(const settings::Environment& environment, const std::string& folder);

    CLI::App app{
        "Tributary: business events, safely from an API and from files into a search "
        "index.",
        "tributary"};
    std::function<int()> chosen;
    apps::SendOptions send;
    apps::UploadOptions upload;
    apps::SearchOptions search;
    apps::TailOptions tail;
    apps::ClientOptions trace;
    apps::ClientOptions ledger;
    apps::StatusOptions status;
    apps::TopicOptions topics;
    apps::KibanaOptions kibana;
    apps::ApiKeysOptions api_keys;
    apps::LogTemplateOptions log_template;
    apps::RetentionOptions retention;
    apps::DlqOptions letters;
    std::string trace_id;
    apps::ImportOptions file_import;
    bool is_json = false;
    bool is_markdown = false;

private:
    CLI::App& add(const char* name, const char* description, const char* example,
                  std::function<int()> run);
    void add_queries();
    void add_topics(const settings::Environment& environment);
    void add_dead_letters();
    void add_upkeep(const settings::Environment& environment);
    CLI::App& add_letter_command(CLI::App& parent, const char* name, const char* description,
                                 int (*run)(const apps::DlqOptions&));
};

CLI::App& CommandLine::add(const char* name, const char* description, const char* example,
                           std::function<int()> run) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(std::string("Example:\n  ") + example);
    command->callback([this, run = std::move(run)] { chosen = run; });
    return *command;
}

CommandLine::CommandLine(const settings::Environment& environment, const std::string& folder) {
    app.require_subcommand(0, 1);
    app.footer(kExitCodes);
    app.set_version_flag("--version", kVersion);

    add("up", "Run the whole system on this machine until Ctrl-C", "DATA_DIR=/tmp/t tributary up",
        [&environment, folder] { return apps::up(environment, folder); });

    add("console", "Run the console and its API over the configured log and index until Ctrl-C",
        "KAFKA_BOOTSTRAP_SERVERS=… ELASTICSEARCH_URL=… tributary console",
        [&environment] { return apps::console(environment); });

    CLI::App& sending = add("send", "Send events through the gateway",
                            R"(tributary send --type order '{"id":10248,"total":440}')",
                            [this] { return apps::send(send); });
    add_client_options(sending, send.client);
    sending.add_option("--type", send.type, "Entity type of DATA, which is then its data");
    sending.add_option("--id", send.id, "Event id (Idempotency-Key): a retry makes no second one")
        ->check(flaw_of_id);
    auto* data = sending.add_option("DATA", send.data, "JSON: an event, an array, or data");
    auto* file = sending.add_option("--file", send.file, "Read it from a file; - for stdin");
    data->excludes(file);
    sending.callback([this, data, file] {
        if (data->count() + file->count() != 1) throw CLI::RequiredError("either DATA or --file");
        chosen = [this] { return apps::send(send); };
    });

    CLI::App& uploading = add("upload", "Put files into the bucket and wait for their reports",
                              "tributary upload orders.json suppliers.json.gz",
                              [this] { return apps::upload(upload); });
    add_client_options(uploading, upload.client);
    uploading.add_option("FILE", upload.files, "JSON array or NDJSON, plain or .gz")->required();
    uploading.add_option("--prefix", upload.prefix, "In front of the key: a folder with its /");
    uploading.add_flag("!--no-wait", upload.wait, "Do not wait for the reports");
    uploading.add_option("--timeout", upload.timeout, "Seconds to wait for the reports")
        ->check(flaw_of_count);

    CLI::App& importing =
        add("import", "Import files of a bucket by this process alone, as lambda_s3 does",
            "OBJECT_STORE_DIR=/data PRODUCER_URL=http://producer:8081 tributary import "
            "bucket/orders.json",
            [this, &environment] { return apps::import_objects(environment, file_import); });
    importing.add_option("OBJECT", file_import.objects, "BUCKET/KEY")->required();
    importing.add_flag("--by-content", file_import.is_by_content,
                       "Ids from what the file holds, not from when and where it was put: the same "
                       "file, imported again from another disk, gives the same events");

    add_queries();
    add_topics(environment);
    add_dead_letters();
    add_upkeep(environment);
    CLI::App& config = add("config", "Show every setting, its value and where that comes from",
                           "tributary config --json", [this, &environment] {
                               return apps::show_config(environment, is_json, is_markdown);
                           });
    config.add_flag("--json", is_json, "Print JSON for machines");
    config.add_flag("--markdown", is_markdown, "Print the table of the documentation");
    add("check-config", "Check the environment and the catalog file, and say all that is wrong",
        "ENTITY_CATALOG=catalog.yaml tributary check-config",
        [&environment] { return apps::check_config(environment); });
}

void CommandLine::add_queries() {
    CLI::App& searching =
        add("search", "Search the documents, newest first", "tributary search --type order 10248",
            [this] { return apps::search(search); });
    add_client_options(searching, search.client);
    searching.add_option("WORDS", search.text, "All of them must occur");
    searching.add_option("--type", search.type, "Entity type, or dead-letter");
    searching.add_option("--id", search.id, "Event id");
    searching.add_option("--after", search.after, "Received at or after (RFC 3339)");
    searching.add_option("--before", search.before, "Received before (RFC 3339)");
    searching.add_option("--size", search.size, "How many")
        ->capture_default_str()
        ->check(CLI::Range(0, 1'000));

    CLI::App& tailing =
        add("tail", "Print documents received from now on, as they become searchable",
            "tributary tail --type order", [this] { return apps::tail(tail); });
    add_client_options(tailing, tail.client);
    tailing.add_option("--type", tail.type, "Entity type");
    tailing.add_option("--count", tail.count, "End after so many; 0: go on")->check(flaw_of_count);

    CLI::App& tracing = add("trace", "Where is my event?", "tributary trace a1",
                            [this] { return apps::trace(trace, trace_id); });
    add_client_options(tracing, trace);
    tracing.add_option("ID", trace_id, "Event id")->required();

    CLI::App& balancing = add("ledger",
                              "Check that accepted = indexed + duplicates + dead-lettered + in "
                              "flight",
                              "tributary ledger", [this] { return apps::ledger(ledger); });
    add_client_options(balancing, ledger);

    CLI::App& asking = add("status", "Every part of the system: ready, or why not",
                           "tributary status", [this] { return apps::status(status); });
    add_client_options(asking, status.client);
    asking.add_flag("--quiet", status.is_quiet, "Print nothing; the exit code is 0 when ready");
}

void CommandLine::add_topics(const settings::Environment& environment) {
    CLI::App* parent = app.add_subcommand("topics", "Kafka's topics");
    parent->require_subcommand(0, 1);
    CLI::App* creating = parent->add_subcommand(
        "create", "Make the topics of the catalog in Kafka, with their dead letters; idempotent");
    creating->footer(
        "Example:\n  KAFKA_BOOTSTRAP_SERVERS=kafka:9092 tributary topics create --partitions 6");
    creating->callback([this, &environment] {
        chosen = [&] { return apps::create_topics(environment, topics); };
    });
    creating->add_option("--partitions", topics.partitions, "Partitions of each topic")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    creating
        ->add_option("--replication", topics.replication,
                     "Copies of each partition; from three on, two must confirm a record")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    creating->add_flag("--json", topics.json, "Print JSON for machines");
}

void CommandLine::add_upkeep(const settings::Environment& environment) {
    CLI::App* dashboards = app.add_subcommand("kibana", "Kibana's dashboards");
    dashboards->require_subcommand(0, 1);
    CLI::App* importing = dashboards->add_subcommand(
        "import", "Import saved objects into KIBANA_URL; those with the same ids are replaced");
    importing->footer(
        "Example:\n  KIBANA_URL=http://kibana:5601 tributary kibana import objects.ndjson");
    importing->callback([this, &environment] {
        chosen = [&] { return apps::import_kibana_objects(environment, kibana); };
    });
    importing->add_option("FILE", kibana.file, "One JSON object a line; - for stdin")->required();
    importing->add_option("--timeout", kibana.timeout, "Seconds to wait until Kibana is ready")
        ->check(flaw_of_count);

    CLI::App* logs = app.add_subcommand("logs", "The log lines' indices");
    logs->require_subcommand(0, 1);
    CLI::App* installing = logs->add_subcommand(
        "install", "Install their index template in ELASTICSEARCH_URL; idempotent");
    installing->footer(
        "Example:\n  ELASTICSEARCH_URL=http://es:9200 tributary logs install logs_template.json");
    installing->callback([this, &environment] {
        chosen = [&] { return apps::install_log_template(environment, log_template); };
    });
    installing->add_option("FILE", log_template.file, "The template; - for stdin")->required();
    installing
        ->add_option("--timeout", log_template.timeout,
                     "Seconds to wait until Elasticsearch answers")
        ->check(flaw_of_count);

    CLI::App* keys = app.add_subcommand("api-keys", "What clients show Elasticsearch");
    keys->require_subcommand(0, 1);
    CLI::App* making = keys->add_subcommand(
        "create", "Make the API keys and tokens of FILE in ELASTICSEARCH_URL; idempotent");
    making->footer(
        "Example:\n  ELASTICSEARCH_URL=https://es:9200 tributary api-keys create api_keys.json "
        "--manifests secrets.json");
    making->callback([this, &environment] {
        chosen = [&] { return apps::create_api_keys(environment, api_keys); };
    });
    making->add_option("FILE", api_keys.file, "What is wanted, as JSON; - for stdin")->required();
    making
        ->add_option("--manifests", api_keys.manifests,
                     "Where the Secrets are written, for kubectl apply")
        ->required();
    making->add_option("--renew", api_keys.renew, "Name of one to revoke and make anew; repeatable")
        ->allow_extra_args(false);
    making->add_option("--timeout", api_keys.timeout, "Seconds to wait until Elasticsearch answers")
        ->check(flaw_of_count);

    CLI::App& deleting =
        add("retention",
            "Delete log lines and dead letters that are old, and events where that is asked for",
            "RETENTION_LOGS=14d tributary retention --dry-run",
            [this, &environment] { return apps::retention(environment, retention); });
    deleting.add_flag("--dry-run", retention.is_dry_run, "Only say what would be deleted");
    deleting.add_flag("--json", retention.json, "Print JSON for machines");
}

CLI::App& CommandLine::add_letter_command(CLI::App& parent, const char* name,
                                          const char* description,
                                          int (*run)(const apps::DlqOptions&)) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->callback([this, run] { chosen = [this, run] { return run(letters); }; });
    add_client_options(*command, letters.client);
    return *command;
}

void CommandLine::add_dead_letters() {
    CLI::App* dlq = app.add_subcommand("dlq", "Look at dead letters, redrive or drop them");
    dlq->require_subcommand(0, 1);
    dlq->footer("Example:\n  tributary dlq redrive --reason mapping_conflict --dry-run");

    CLI::App& listing = add_letter_command(*dlq, "list", "List them, newest first", apps::dlq_list);
    add_letter_filters(listing, letters);
    listing.add_option("--state", letters.state, "open, redriven, dropped or any")
        ->capture_default_str()
        ->check(CLI::IsMember({"open", "redriven", "dropped", "any"}));
    listing.add_option("--size", letters.size, "How many")
        ->capture_default_str()
        ->check(flaw_of_count);
    listing.add_option("--from", letters.from, "Skip so many")
        ->capture_default_str()
        ->check(flaw_of_count);

    CLI::App& showing =
        add_letter_command(*dlq, "show", "Show one, with its value", apps::dlq_show);
    showing.add_option("ID", letters.ids, "As the list gives it")->required()->expected(1);

    CLI::App& redriving = add_letter_command(
        *dlq, "redrive", "Send open ones through the pipeline again", apps::dlq_redrive);
    CLI::App& dropping =
        add_letter_command(*dlq, "drop", "Put open ones away for good", apps::dlq_drop);
    for (CLI::App* acting : {&redriving, &dropping}) {
        acting->add_option("ID", letters.ids, "As the list gives them; else filters");
        add_letter_filters(*acting, letters);
        acting->add_flag("--all", letters.is_all, "Every open one");
        acting->add_flag("--dry-run", letters.is_dry_run, "Only say what would be done");
        acting->add_option("--by", letters.by, "Who does it")->envname("USER");
    }
    redriving.add_flag("--force", letters.is_forced, "Also what came back three times");
}

}  // namespace

int main(int argc, char** argv, char** variables) {
    const settings::Environment environment = settings::environment_of(variables);
    std::error_code failure;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
    CommandLine line(environment, self.parent_path().string());
    try {
        line.app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return line.app.exit(error) == 0 ? apps::kExitSuccess : apps::kExitUsage;
    }
    if (line.chosen) return line.chosen();
    std::cerr << line.app.help();
    return apps::kExitUsage;
}
