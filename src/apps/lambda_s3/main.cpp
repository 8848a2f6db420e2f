#include "apps/lambda_aws.h"
#include "apps/lambda_program.h"
#include "apps/lambda_s3/object_store.h"
#include "batch_import/importer.h"
#include "batch_import/s3_function.h"

using namespace tributary;

namespace {

/// Goes on with a file by invoking this very function once more.
batch_import::S3Function::InvokeSelf invoke_self(const apps::LambdaProgram& program,
                                                 apps::LambdaAws& aws) {
    return [&](const std::string& event) -> Result<void> {
        auto lambda = aws.service("lambda", "AWS_ENDPOINT_URL_LAMBDA");
        if (!lambda) return std::unexpected(lambda.error());
        return aws::FunctionInvoker(*lambda->client, lambda->endpoint,
                                    program.variable("AWS_LAMBDA_FUNCTION_NAME"))
            .invoke(event);
    };
}

batch_import::S3Function::GiveBack give_back(apps::LambdaAws& aws) {
    return [&](const batch_import::SqsMessage& message) -> Result<void> {
        auto sqs = aws.service("sqs", "AWS_ENDPOINT_URL_SQS");
        if (!sqs) return std::unexpected(sqs.error());
        return aws::QueueMessages(*sqs->client, sqs->endpoint)
            .make_visible(message.queue_arn, message.receipt_handle);
    };
}

Result<int> run(const apps::LambdaProgram& program) {
    const auto catalog = program.catalog();
    if (!catalog) return std::unexpected(catalog.error());
    auto producer_url = http::Url::parse(program.settings.text("PRODUCER_URL"));
    if (!producer_url) return std::unexpected(producer_url.error());
    apps::LambdaAws aws(program);
    auto token = aws.producer_token();
    if (!token) return std::unexpected(token.error());
    const auto store = apps::open_object_store(program, aws);
    if (!store) return std::unexpected(store.error());

    producer_client::ProducerClient producer(std::move(*producer_url), std::move(*token), {},
                                             program.clock);
    batch_import::ImportSettings settings;
    settings.batches.max_item_bytes =
        static_cast<std::size_t>(program.settings.integer("MAX_ITEM_BYTES"));
    settings.results_bucket = program.settings.text("RESULTS_BUCKET");
    batch_import::Importer importer(
        **store, *catalog, [&](auto events, auto limit) { return producer.send(events, limit); },
        program.clock, program.log, program.traces.tracer(), settings);
    batch_import::S3Function function(importer, invoke_self(program, aws), give_back(aws),
                                      program.settings.integer("MAX_CONTINUATIONS"), program.clock,
                                      program.log, program.traces.tracer());
    return aws.serve(function);
}

}  // namespace

int main(int, char**, char** variables) {
    return apps::run_lambda("lambda_s3", variables, run);
}
