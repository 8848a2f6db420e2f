#include <optional>

#include "apps/lambda_program.h"
#include "batch_import/importer.h"
#include "batch_import/s3_function.h"
#include "batch_import/self_invocation.h"
#include "object_store/directory/directory_store.h"

using namespace tributary;

namespace {

/// How a file that is not finished in time goes on: empty where Lambda's address is not given.
Result<std::optional<batch_import::SelfInvocation>> self_invocation(
    const apps::LambdaProgram& program) {
    std::optional<batch_import::SelfInvocation> invocation;
    const std::string endpoint = program.variable("AWS_ENDPOINT_URL_LAMBDA");
    if (endpoint.empty()) return invocation;
    auto url = http::Url::parse(endpoint);
    if (!url) return std::unexpected(url.error());
    invocation.emplace(std::move(*url), program.variable("AWS_LAMBDA_FUNCTION_NAME"));
    return invocation;
}

Result<int> run(const apps::LambdaProgram& program) {
    const auto catalog = program.catalog();
    if (!catalog) return std::unexpected(catalog.error());
    auto producer_url = http::Url::parse(program.settings.text("PRODUCER_URL"));
    if (!producer_url) return std::unexpected(producer_url.error());
    if (program.settings.text("OBJECT_STORE_DIR").empty()) {
        return fail(ErrorCode::invalid_input,
                    "OBJECT_STORE_DIR is not set; set it to the folder that holds the buckets.");
    }
    auto store = object_store::DirectoryStore::open(program.settings.text("OBJECT_STORE_DIR"));
    if (!store) return std::unexpected(store.error());
    auto again = self_invocation(program);
    if (!again) return std::unexpected(again.error());

    producer_client::ProducerClient producer(
        std::move(*producer_url), program.settings.text("PRODUCER_TOKEN"), {}, program.clock);
    batch_import::ImportSettings settings;
    settings.batches.max_item_bytes =
        static_cast<std::size_t>(program.settings.integer("MAX_ITEM_BYTES"));
    settings.results_bucket = program.settings.text("RESULTS_BUCKET");
    batch_import::Importer importer(
        **store, *catalog, [&](auto events, auto limit) { return producer.send(events, limit); },
        program.clock, program.log, settings);
    batch_import::S3Function function(
        importer,
        [&](const std::string& event) -> Result<void> {
            if (*again) return (*again)->invoke(event);
            return fail(ErrorCode::unavailable, "AWS_ENDPOINT_URL_LAMBDA is not set.");
        },
        program.settings.integer("MAX_CONTINUATIONS"), program.clock, program.log);
    return program.serve(function);
}

}  // namespace

int main(int, char**, char** variables) {
    return apps::run_lambda("lambda_s3", variables, run);
}
