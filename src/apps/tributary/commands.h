#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "settings/settings.h"

/// The commands of `tributary`; each returns the process's exit code.
namespace tributary::apps {

/// The system could not be reached (EX_UNAVAILABLE of sysexits.h).
inline constexpr int kExitUnavailable = 69;

/// What every command that talks to a running system has.
struct ClientOptions {
    std::string url = "http://127.0.0.1:8080";
    std::string token;  ///< The console's, where it wants one.
    bool json = false;
};

struct SendOptions {
    ClientOptions client;
    std::string type;
    std::string id;    ///< The Idempotency-Key.
    std::string data;  ///< Inline JSON.
    std::string file;  ///< JSON or NDJSON; `-` for stdin.
};
int send(const SendOptions& options);

struct UploadOptions {
    ClientOptions client;
    std::vector<std::string> files;
    std::string prefix;  ///< Of the keys.
    bool wait = true;    ///< For the reports.
    std::chrono::seconds timeout{600};
};
int upload(const UploadOptions& options);

struct SearchOptions {
    ClientOptions client;
    std::string type;
    std::string text;
    std::string id;
    std::string after;
    std::string before;
    std::size_t size = 20;
};
int search(const SearchOptions& options);

struct TailOptions {
    ClientOptions client;
    std::string type;
    std::size_t count = 0;  ///< Ends after so many; 0: goes on.
};
int tail(const TailOptions& options);

int trace(const ClientOptions& client, const std::string& id);
int ledger(const ClientOptions& client);

struct StatusOptions {
    ClientOptions client;
    bool is_quiet = false;  ///< The exit code says it all.
};
int status(const StatusOptions& options);

struct TopicOptions {
    std::int32_t partitions = 3;
    std::int32_t replication = 1;
    bool json = false;
};
/// Makes the topics of the catalog in Kafka, with their dead letters; existing ones stay.
int create_topics(const settings::Environment& environment, const TopicOptions& options);

/// Dead letters. Ids, or a filter: what is empty does not restrict.
struct DlqOptions {
    ClientOptions client;
    std::vector<std::string> ids;
    std::string state = "open";  ///< Or redriven, dropped, any; for the list.
    std::string topic;
    std::string reason;
    std::string event_id;
    std::string key;
    std::string after;
    std::string before;
    std::size_t from = 0;
    std::size_t size = 20;
    std::string by;  ///< Who acts; is kept with what was done.
    bool is_all = false;
    bool is_dry_run = false;
    bool is_forced = false;
};
int dlq_list(const DlqOptions& options);
int dlq_show(const DlqOptions& options);
int dlq_redrive(const DlqOptions& options);
int dlq_drop(const DlqOptions& options);

struct ImportOptions {
    std::vector<std::string> objects;  ///< `bucket/key`
    /// The same file gives the same ids again, wherever it lies and whenever it was put there.
    bool is_by_content = false;
};
/// Brings objects of OBJECT_STORE_DIR to PRODUCER_URL, as lambda_s3 does.
int import_objects(const settings::Environment& environment, const ImportOptions& options);

struct KibanaOptions {
    std::string file;  ///< Saved objects, one JSON object a line.
    std::chrono::seconds timeout{300};
};
/// Imports saved objects into KIBANA_URL; harmless to repeat.
int import_kibana_objects(const settings::Environment& environment, const KibanaOptions& options);

struct LogTemplateOptions {
    std::string file;  ///< An index template, as JSON.
    std::chrono::seconds timeout{300};
};
/// Installs the index template of the log lines in ELASTICSEARCH_URL; harmless to repeat.
int install_log_template(const settings::Environment& environment,
                         const LogTemplateOptions& options);

struct ApiKeysOptions {
    std::string file;                ///< What is wanted, as JSON.
    std::string manifests;           ///< Where the Secrets go, for `kubectl apply`.
    std::vector<std::string> renew;  ///< Names of those that are made anew.
    std::chrono::seconds timeout{300};
};
/// Makes the API keys and tokens that clients show ELASTICSEARCH_URL; harmless to repeat.
int create_api_keys(const settings::Environment& environment, const ApiKeysOptions& options);

struct RetentionOptions {
    bool is_dry_run = false;
    bool json = false;
};
/// Deletes what is older than RETENTION_LOGS, RETENTION_DEAD_LETTERS and RETENTION_EVENTS allow.
int retention(const settings::Environment& environment, const RetentionOptions& options);

int show_config(const settings::Environment& environment, bool json, bool markdown);
int check_config(const settings::Environment& environment);

/// The whole system on this machine; `program` is where this executable lies.
int up(const settings::Environment& environment, const std::string& program_folder);

/// The console and its API over whatever log and index are configured.
int console(const settings::Environment& environment);

}  // namespace tributary::apps
