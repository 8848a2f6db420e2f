// A function for tests: does what the event says, a JSON string such as "echo" or "crash".
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "lambda_runtime/client.h"

namespace {

using tributary::lambda_runtime::FunctionError;
using tributary::lambda_runtime::Invocation;
using tributary::lambda_runtime::Outcome;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

class FakeFunction final : public tributary::lambda_runtime::Function {
public:
    Outcome invoke(const Invocation& invocation) override {
        const std::string& event = invocation.payload;
        if (event == R"("crash")") ::_exit(3);
        if (event == R"("hang")") ::pause();
        if (event == R"("error")") {
            return std::unexpected(FunctionError("Fake.Error", "It said \"no\"."));
        }
        if (event == R"("throw")") throw std::runtime_error("thrown on purpose");
        if (event == R"("large")") return '"' + std::string(7'000'000, 'x') + '"';
        if (event == R"("pid")") return std::to_string(::getpid());
        if (event == R"("slow")") ::usleep(100'000);
        if (event == R"("environment")") {
            return '"' + variable("AWS_LAMBDA_FUNCTION_NAME") + ' ' + variable("COLOUR") + ' ' +
                   variable("HOME") + ' ' + invocation.trace_id + ' ' + invocation.function_arn +
                   '"';
        }
        return event;
    }
};

}  // namespace

int main() {
    const tributary::SystemClock clock;
    tributary::telemetry::Log::Settings settings;
    settings.service = "fake_function";
    settings.fd = STDERR_FILENO;
    tributary::telemetry::Log log(settings, clock);
    const std::string api = variable("AWS_LAMBDA_RUNTIME_API");
    const std::string start = variable("FAKE_START");
    if (start == "crash") return 7;
    if (start == "hang") ::pause();
    if (start == "error") {
        return tributary::lambda_runtime::report_init_error(
            api, FunctionError("Fake.Unconfigured", "COLOUR is missing."), log);
    }
    FakeFunction function;
    return tributary::lambda_runtime::serve(function, api, log, clock);
}
