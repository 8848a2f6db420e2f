#include "apps/lambda_s3/object_store.h"

#include <utility>

#include "object_store/directory/directory_store.h"
#include "object_store/s3/s3_store.h"

namespace tributary::apps {
namespace {

using object_store::ObjectStore;
using object_store::S3Addressing;

/// S3's client and the store that uses it, to live and end together.
struct S3 {
    S3(LambdaAws::Service service, object_store::S3Settings settings)
        : client(std::move(service.client)), store(*client, std::move(settings)) {}

    std::unique_ptr<aws::ServiceClient> client;
    object_store::S3Store store;
};

S3Addressing addressing_of(const std::string& name) {
    if (name == "path") return S3Addressing::path;
    return name == "virtual-host" ? S3Addressing::virtual_host : S3Addressing::automatic;
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> open_object_store(const LambdaProgram& program,
                                                       LambdaAws& aws) {
    const std::string& folder = program.settings.text("OBJECT_STORE_DIR");
    if (!folder.empty()) {
        auto store = object_store::DirectoryStore::open(folder);
        if (!store) return std::unexpected(store.error());
        return std::shared_ptr<ObjectStore>(std::move(*store));
    }
    auto service = aws.service("s3", "AWS_ENDPOINT_URL_S3");
    if (!service) return std::unexpected(service.error());
    object_store::S3Settings settings;
    settings.endpoint = service->endpoint;
    settings.addressing = addressing_of(program.settings.text("S3_ADDRESSING"));
    const auto s3 = std::make_shared<S3>(std::move(*service), std::move(settings));
    return std::shared_ptr<ObjectStore>(s3, &s3->store);
}

}  // namespace tributary::apps
