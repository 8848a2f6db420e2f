#include <array>

#include "settings/settings.h"

namespace tributary::settings {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

Setting text(std::string_view name, std::string_view default_value, std::string_view programs,
             std::string_view help) {
    return {name, Kind::text, default_value, 0, 0, "", programs, false, help};
}
Setting secret(std::string_view name, std::string_view programs, std::string_view help) {
    return {name, Kind::text, "", 0, 0, "", programs, true, help};
}
Setting path(std::string_view name, std::string_view default_value, std::string_view programs,
             std::string_view help) {
    return {name, Kind::path, default_value, 0, 0, "", programs, false, help};
}
Setting url(std::string_view name, std::string_view default_value, std::string_view programs,
            std::string_view help) {
    return {name, Kind::url, default_value, 0, 0, "", programs, false, help};
}
Setting address(std::string_view name, std::string_view default_value, std::string_view programs,
                std::string_view help) {
    return {name, Kind::address, default_value, 0, 0, "", programs, false, help};
}
Setting integer(std::string_view name, std::string_view default_value, std::int64_t minimum,
                std::int64_t maximum, std::string_view programs, std::string_view help) {
    return {name, Kind::integer, default_value, minimum, maximum, "", programs, false, help};
}
Setting bytes(std::string_view name, std::string_view default_value, std::int64_t minimum,
              std::int64_t maximum, std::string_view programs, std::string_view help) {
    return {name, Kind::bytes, default_value, minimum, maximum, "", programs, false, help};
}
Setting duration(std::string_view name, std::string_view default_value, std::int64_t minimum,
                 std::int64_t maximum, std::string_view programs, std::string_view help) {
    return {name, Kind::milliseconds, default_value, minimum, maximum, "", programs, false, help};
}
Setting choice(std::string_view name, std::string_view default_value, std::string_view choices,
               std::string_view programs, std::string_view help) {
    return {name, Kind::choice, default_value, 0, 0, choices, programs, false, help};
}
Setting boolean(std::string_view name, std::string_view default_value, std::string_view programs,
                std::string_view help) {
    return {name, Kind::boolean, default_value, 0, 0, "", programs, false, help};
}

constexpr std::string_view kAll = "producer consumer lambda_api lambda_s3 tributary";

}  // namespace

std::span<const Setting> table() {
    static const std::array rows{
        // Where things are.
        path("DATA_DIR", "data", "producer consumer tributary",
             "Folder of the embedded log, the embedded index and the bucket."),
        path("ENTITY_CATALOG", "", kAll,
             "YAML file with further entity types; empty: product, order and supplier."),
        url("PRODUCER_URL", "http://127.0.0.1:8081", "lambda_api lambda_s3 tributary",
            "The Producer service."),
        path("OBJECT_STORE_DIR", "", "lambda_s3 tributary",
             "Folder that serves as the object store; its sub-folders are the buckets. Empty: S3."),
        choice("S3_ADDRESSING", "auto", "auto|path|virtual-host", "lambda_s3",
               "Where a request names the bucket; auto: in the host for AWS, in the path for "
               "other servers."),
        text("RESULTS_BUCKET", "", "lambda_s3 tributary",
             "Bucket for rejected/, reports/ and checkpoints/; empty: the bucket of the upload."),

        // AWS, as its own programs name it. Credentials come from AWS_ACCESS_KEY_ID and its
        // kin, or from AWS_CONTAINER_CREDENTIALS_FULL_URI.
        text("AWS_REGION", "", "lambda_api lambda_s3", "AWS region; Lambda sets it."),
        url("AWS_ENDPOINT_URL_S3", "", "lambda_s3", "S3's server; empty: AWS's own."),
        url("AWS_ENDPOINT_URL_LAMBDA", "", "lambda_s3",
            "Lambda's server, for files that go on in a new invocation; empty: AWS's own."),
        url("AWS_ENDPOINT_URL_SQS", "", "lambda_s3",
            "SQS's server, for files that go on from a queue; empty: AWS's own."),
        url("AWS_ENDPOINT_URL_SECRETS_MANAGER", "", "lambda_api lambda_s3",
            "Secrets Manager's server; empty: AWS's own."),

        // How they listen and speak.
        address("LISTEN_ADDRESS", "127.0.0.1", "producer consumer tributary",
                "IP address to listen on; 0.0.0.0 for every one."),
        integer("PORT", "0", 0, 65'535, "producer consumer tributary",
                "Port to listen on; 0: the program's own (8081 producer, 8082 consumer, 8080 "
                "gateway)."),
        integer("HTTP_THREADS", "0", 0, 64, "producer tributary",
                "Threads that serve HTTP; 0: one for every two cores."),
        choice("LOG_LEVEL", "info", "debug|info|warn|error", kAll,
               "The least level that is logged."),
        path("TERMINATION_MESSAGE_FILE", "/dev/termination-log", "producer consumer tributary",
             "File that also gets the sentence of a program that cannot start; written only where "
             "Kubernetes has made it."),
        choice("LOG_FORMAT", "auto", "auto|json|text", kAll,
               "auto: text on a terminal, else one JSON object a line."),

        // Who may send, and how much.
        secret("PRODUCER_TOKEN", "producer lambda_api lambda_s3 tributary",
               "Bearer tokens that the Producer accepts, comma-separated, each `token`, "
               "`caller=token` or `caller[order|product]=token`; for its clients the one they "
               "send. Empty: everybody may send."),
        text("PRODUCER_TOKEN_SECRET_ARN", "", "lambda_api lambda_s3",
             "Secret of AWS Secrets Manager whose text is the token, instead of PRODUCER_TOKEN; "
             "read at the first event, and again when the Producer refuses it."),
        integer("PRODUCER_QUOTA_EVENTS_PER_SECOND", "0", 0, 100'000'000, "producer",
                "Events per second and caller, above it 429; 0: no limit."),
        bytes("PRODUCER_QUOTA_BYTES_PER_SECOND", "0", 0, 100 * kGiB, "producer",
              "Body bytes per second and caller, above it 429; 0: no limit."),
        bytes("MAX_BODY_BYTES", "10MiB", kKiB, kGiB, "producer",
              "Largest request body, as sent and decompressed; above it 413."),
        bytes("MAX_EVENT_BYTES", "1MiB", kKiB, 64 * kMiB, "producer tributary",
              "Largest event; with its key and headers, 64 KiB more. Above that 413."),
        integer("MAX_BATCH_ITEMS", "10000", 1, 1'000'000, "producer lambda_api",
                "Most events in one request."),
        bytes("MAX_ITEM_BYTES", "1MiB", kKiB, 64 * kMiB, "lambda_s3 tributary",
              "Largest item of a file; larger ones are rejected without buffering them."),
        integer("MAX_CONTINUATIONS", "100", 0, 100'000, "lambda_s3",
                "How often one file may be continued in a new invocation."),

        // Deadlines: API Gateway 29 s > lambda_api 28 s > its request 25 s > answer 20 s > log 15
        // s.
        duration("PRODUCER_REQUEST_TIMEOUT", "25s", 100, 15 * kMinute, "lambda_api",
                 "How long lambda_api waits for the Producer."),
        duration("PRODUCER_ANSWER_TIMEOUT", "20s", 100, 15 * kMinute, "producer",
                 "When the Producer answers 504 for events whose fate is still open."),
        duration("DELIVERY_TIMEOUT", "15s", 100, 15 * kMinute, "producer consumer",
                 "How long the log may take for one record."),
        duration("DRAIN_TIMEOUT", "20s", 100, 15 * kMinute, "producer consumer tributary",
                 "How long a program may take to finish its work after SIGTERM."),

        // The Consumer.
        text("KAFKA_BOOTSTRAP_SERVERS", "", "producer consumer tributary",
             "Kafka's brokers, host:port comma-separated; empty: the embedded log in DATA_DIR."),
        text("KAFKA_GROUP_ID", "tributary", "consumer tributary", "The Consumer's group."),
        url("ELASTICSEARCH_URL", "", "consumer tributary",
            "Elasticsearch or OpenSearch, several nodes comma-separated; empty: the embedded index "
            "in DATA_DIR."),
        secret("ELASTICSEARCH_API_KEY", "consumer tributary",
               "API key, as Elasticsearch encodes it."),
        text("ELASTICSEARCH_USERNAME", "", "consumer tributary",
             "User, where there is no API key."),
        secret("ELASTICSEARCH_PASSWORD", "consumer tributary", "The user's password."),
        path("ELASTICSEARCH_CA_FILE", "", "consumer tributary",
             "PEM file of the certificates to trust; empty: the system's."),
        boolean("ELASTICSEARCH_GZIP", "false", "consumer tributary",
                "Compresses bulk requests: less network, more CPU."),
        integer("BULK_MAX_DOCUMENTS", "2000", 1, 50'000, "consumer", "Most documents in one bulk."),
        bytes("BULK_MAX_BYTES", "4MiB", 64 * kKiB, 90 * kMiB, "consumer",
              "Most bytes in one bulk, unless one document alone is larger."),
        integer("BULK_MAX_IN_FLIGHT", "2", 1, 64, "consumer", "Most bulks under way at once."),
        duration(
            "SEARCH_PROBE_INTERVAL", "10s", 0, kDay, "consumer",
            "How often one new event is searched for, to measure when it is found; 0s: never."),

        // Upkeep: what is deleted when it is old, and Kibana's objects.
        duration("RETENTION_LOGS", "14d", 0, 3'650 * kDay, "tributary",
                 "Age at which `tributary retention` deletes log lines, by whole days; 0d: never."),
        duration("RETENTION_DEAD_LETTERS", "90d", 0, 3'650 * kDay, "tributary",
                 "Age at which it deletes dead letters from the index that were redriven or "
                 "dropped; 0d: never."),
        duration("RETENTION_EVENTS", "0d", 0, 3'650 * kDay, "tributary",
                 "Age at which it deletes events; de-duplication lasts no longer. 0d: never."),
        url("KIBANA_URL", "http://127.0.0.1:5601", "tributary",
            "Kibana, for `tributary kibana import`; with /s/SPACE behind it for a space."),
        secret("KIBANA_API_KEY", "tributary", "API key for it, as Elasticsearch encodes it."),
        path("KIBANA_CA_FILE", "", "tributary",
             "PEM file of the certificates to trust; empty: the system's."),

        // The embedded log and index.
        integer("EMBEDDED_PARTITIONS", "1", 1, 1'000, "producer consumer tributary",
                "Partitions of topics that the embedded log makes."),
        duration("EMBEDDED_RETENTION", "7d", 60'000, 3'650 * kDay, "consumer tributary",
                 "Age at which records that every group has read are trimmed."),
        bytes("EMBEDDED_RETENTION_BYTES", "0", 0, 100'000 * kGiB, "consumer tributary",
              "Size of log.db above which such records are trimmed earlier; 0: no limit."),
        bytes("EMBEDDED_FREE_SPACE_RESERVE", "256MiB", 0, 10'000 * kGiB,
              "producer consumer tributary",
              "Free space below which new events are refused, so that reading and trimming go on."),

        // The console, and with it everything on the port of `tributary up`.
        secret("CONSOLE_TOKEN", "tributary",
               "Bearer token that the console's API, POST /events and /bucket want; empty: none."),
        text(
            "CONSOLE_ALLOWED_HOSTS", "", "producer tributary",
            "Host names, comma-separated, under which the console may be reached, and web pages "
            "may post to a Producer with the embedded log; localhost and IP addresses always may."),
        url("CONSUMER_URL", "", "tributary",
            "The Consumer's status port, for the status page of `tributary console`; empty: it is "
            "not asked."),

        // The gateway of `tributary up`.
        choice("GATEWAY_PAYLOAD", "2.0", "1.0|2.0", "tributary",
               "API Gateway event given to lambda_api: REST API (1.0) or HTTP API (2.0)."),
        integer("LAMBDA_MAX_INSTANCES", "4", 1, 1'000, "tributary",
                "Most instances of one function at once."),
        duration("LAMBDA_API_TIMEOUT", "28s", 1'000, 15 * kMinute, "tributary",
                 "Time limit of one invocation of lambda_api."),
        duration("LAMBDA_S3_TIMEOUT", "15m", 1'000, 15 * kMinute, "tributary",
                 "Time limit of one invocation of lambda_s3."),
        integer("TRACE_SAMPLE_PERCENT", "1", 0, 100, "producer lambda_api lambda_s3 tributary",
                "Share of traces begun here that are marked as sampled: their events are followed "
                "in the logs."),
        url("OTEL_EXPORTER_OTLP_ENDPOINT", "", kAll,
            "OpenTelemetry collector that takes the spans of sampled traces by HTTP "
            "(http://collector:4318); empty: no spans are made."),
    };
    return rows;
}

}  // namespace tributary::settings
