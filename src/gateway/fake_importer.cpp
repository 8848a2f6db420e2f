// A stand-in for lambda_s3: writes a report for the object of each event. The object's content says
// how: "crash" dies, "crash once" dies before there is a checkpoint, "continue" asks to be invoked
// again once.
#include <cstdlib>
#include <string>
#include <unistd.h>

#include "gateway/bucket_key.h"
#include "gateway/read_object.h"
#include "gateway/s3_event.h"
#include "http/client.h"
#include "lambda_runtime/client.h"
#include "object_store/directory/directory_store.h"

namespace {

using tributary::gateway::ObjectVersion;
using tributary::gateway::result_key;
using tributary::lambda_runtime::FunctionError;
using tributary::lambda_runtime::Invocation;
using tributary::lambda_runtime::Outcome;
using tributary::object_store::DirectoryStore;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

class FakeImporter final : public tributary::lambda_runtime::Function {
public:
    Outcome invoke(const Invocation& invocation) override {
        const auto object = tributary::gateway::object_of_event(invocation.payload);
        if (!object) return std::unexpected(FunctionError("Fake.Event", object.error().message));
        const std::string text = content_of(*object);
        const std::string checkpoint = result_key("checkpoints", object->key, object->version);
        const bool is_first = !store_->head({"bucket", checkpoint});
        if (text == "error") return std::unexpected(FunctionError("Fake.Error", "It is bad."));
        if (text == "crash") ::_exit(3);
        const bool pauses = is_first && (text == "crash once" || text == "continue");
        const std::string result =
            pauses ? checkpoint : result_key("reports", object->key, object->version);
        const auto stored = store_->put({"bucket", result}, "{}");
        if (!stored) return std::unexpected(FunctionError("Fake.Store", stored.error().message));
        if (pauses && text == "crash once") ::_exit(3);
        return pauses ? invoke_again(invocation.payload) : Outcome("null");
    }

private:
    std::string content_of(const ObjectVersion& object) {
        return tributary::gateway::read_object(*store_, {"bucket", object.key}).value_or("");
    }

    static Outcome invoke_again(const std::string& event) {
        const auto url = tributary::http::Url::parse(variable("AWS_ENDPOINT_URL_LAMBDA"));
        if (!url) return std::unexpected(FunctionError("Fake.Endpoint", url.error().message));
        tributary::http::Request request;
        request.method = "POST";
        request.target = "/2015-03-31/functions/lambda_s3/invocations";
        request.headers.add("X-Amz-Invocation-Type", "Event");
        request.body = event;
        const auto response =
            tributary::http::Client(*url).send(std::move(request), std::chrono::seconds(10));
        if (!response) return std::unexpected(FunctionError("Fake.Http", response.error().message));
        if (response->status != 202) {
            return std::unexpected(FunctionError("Fake.Status", response->body));
        }
        return "null";
    }

    std::unique_ptr<DirectoryStore> store_ = *DirectoryStore::open(variable("FAKE_ROOT"));
};

}  // namespace

int main() {
    const tributary::SystemClock clock;
    tributary::telemetry::Log::Settings settings;
    settings.service = "fake_importer";
    settings.fd = STDERR_FILENO;
    tributary::telemetry::Log log(settings, clock);
    FakeImporter importer;
    return tributary::lambda_runtime::serve(importer, variable("AWS_LAMBDA_RUNTIME_API"), log,
                                            clock);
}
