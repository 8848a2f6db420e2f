#include "api_forwarding/api_function.h"
#include "apps/lambda_aws.h"
#include "apps/lambda_program.h"

using namespace tributary;

namespace {

/// Clients wait at the other end: that the Producer stays away is told to them soon.
constexpr std::chrono::milliseconds kRetryWindow{3'000};

Result<int> run(const apps::LambdaProgram& program) {
    const auto catalog = program.catalog();
    if (!catalog) return std::unexpected(catalog.error());
    auto producer_url = http::Url::parse(program.settings.text("PRODUCER_URL"));
    if (!producer_url) return std::unexpected(producer_url.error());
    apps::LambdaAws aws(program);
    auto token = aws.producer_token();
    if (!token) return std::unexpected(token.error());

    api_forwarding::ApiSettings settings;
    settings.producer_limit = program.settings.duration("PRODUCER_REQUEST_TIMEOUT");
    settings.max_items = static_cast<std::size_t>(program.settings.integer("MAX_BATCH_ITEMS"));
    producer_client::Settings client_settings;
    client_settings.attempt_timeout = settings.producer_limit;
    client_settings.retry_window = kRetryWindow;
    producer_client::ProducerClient producer(std::move(*producer_url), std::move(*token),
                                             client_settings, program.clock);
    api_forwarding::ApiFunction function(
        *catalog, [&](auto events, auto limit) { return producer.send(events, limit); }, settings,
        program.clock, program.log, program.traces.tracer());
    return aws.serve(function);
}

}  // namespace

int main(int, char**, char** variables) {
    return apps::run_lambda("lambda_api", variables, run);
}
