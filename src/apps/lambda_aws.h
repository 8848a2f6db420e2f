#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/lambda_program.h"
#include "aws/calls.h"
#include "aws/credentials.h"
#include "aws/service_client.h"
#include "base/result.h"
#include "http/client.h"
#include "producer_client/producer_client.h"

namespace tributary::apps {

/// AWS's services as a function's environment names them. Nothing is asked before it is needed, so
/// a function starts without waiting for anybody. Outlives all that it makes.
class LambdaAws {
public:
    explicit LambdaAws(const LambdaProgram& program);

    struct Service {
        std::unique_ptr<aws::ServiceClient> client;
        http::Url endpoint;
    };
    /// `name` as it is signed (`s3`); `endpoint_setting` may name another server.
    /// `invalid_input` where there is neither that nor a region.
    [[nodiscard]] Result<Service> service(const std::string& name,
                                          std::string_view endpoint_setting);
    /// From PRODUCER_TOKEN, or from the secret that PRODUCER_TOKEN_SECRET_ARN names.
    [[nodiscard]] Result<producer_client::TokenSource> producer_token();

    /// Serves `function`; every request to AWS carries the trace of the invocation at hand.
    int serve(lambda_runtime::Function& function);

private:
    const LambdaProgram& program_;
    aws::CurrentTrace trace_;
    aws::CredentialSource credentials_;
};

}  // namespace tributary::apps
