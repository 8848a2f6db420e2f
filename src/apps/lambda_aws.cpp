#include "apps/lambda_aws.h"

#include <utility>

#include "aws/endpoint.h"

namespace tributary::apps {
namespace {

/// Tells the trace of each invocation to all that is asked on its behalf, and sends its spans when
/// it is over.
class Traced final : public lambda_runtime::Function {
public:
    Traced(lambda_runtime::Function& function, aws::CurrentTrace& trace, Traces& traces)
        : function_(function), trace_(trace), traces_(traces) {}

    lambda_runtime::Outcome invoke(const lambda_runtime::Invocation& invocation) override {
        trace_.set(invocation.trace_id);
        return function_.invoke(invocation);
    }
    void after_answer() override { traces_.send_now(); }

private:
    lambda_runtime::Function& function_;
    aws::CurrentTrace& trace_;
    Traces& traces_;
};

/// What the token's owner must live with.
struct SecretToken {
    SecretToken(LambdaAws::Service service_in, std::string arn)
        : service(std::move(service_in)),
          secret(*service.client, service.endpoint, std::move(arn)) {}

    LambdaAws::Service service;
    aws::Secret secret;
};

}  // namespace

LambdaAws::LambdaAws(const LambdaProgram& program)
    : program_(program),
      credentials_(aws::CredentialSettings::from_environment(
                       [&](const std::string& name) { return program.variable(name); }),
                   program.clock) {
}

Result<LambdaAws::Service> LambdaAws::service(const std::string& name,
                                              std::string_view endpoint_setting) {
    aws::ServiceSettings settings;
    settings.scope = {program_.settings.text("AWS_REGION"), name};
    const std::string& custom = program_.settings.text(endpoint_setting);
    auto endpoint = aws::endpoint_of(name, settings.scope.region, custom);
    if (!endpoint) return std::unexpected(endpoint.error());
    if (name != "s3") {
        // The local runtime is no AWS, and knows no credentials.
        settings.may_be_unsigned = !custom.empty();
        // These are short calls, made when the invocation's time is nearly over or just begins.
        settings.attempt_timeout = std::chrono::seconds(5);
        settings.max_attempts = 3;
    }
    auto client =
        std::make_unique<aws::ServiceClient>(settings, credentials_, trace_, program_.clock);
    return Service{std::move(client), std::move(*endpoint)};
}

Result<producer_client::TokenSource> LambdaAws::producer_token() {
    const std::string& arn = program_.settings.text("PRODUCER_TOKEN_SECRET_ARN");
    const std::string& token = program_.settings.text("PRODUCER_TOKEN");
    if (arn.empty()) return producer_client::fixed_token(token);
    if (!token.empty()) {
        return fail(ErrorCode::invalid_input,
                    "PRODUCER_TOKEN and PRODUCER_TOKEN_SECRET_ARN are both set; keep one of them.");
    }
    auto secrets = service("secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER");
    if (!secrets) return std::unexpected(secrets.error());
    const auto kept = std::make_shared<SecretToken>(std::move(*secrets), arn);
    return [kept](bool was_refused) { return kept->secret.text(was_refused); };
}

int LambdaAws::serve(lambda_runtime::Function& function) {
    Traced traced(function, trace_, program_.traces);
    return program_.serve(traced);
}

}  // namespace tributary::apps
