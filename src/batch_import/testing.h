#pragma once

#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdlib.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zlib.h>

#include "base/manual_clock.h"
#include "batch_import/importer.h"
#include "object_store/directory/directory_store.h"
#include "telemetry/captured_log.h"

/// What the tests of imports share.
namespace tributary::batch_import::testing {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "import-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A store whose next calls fail when a test says so.
class FaultyStore final : public object_store::ObjectStore {
public:
    using ObjectId = object_store::ObjectId;
    using ObjectInfo = object_store::ObjectInfo;
    using ObjectStream = object_store::ObjectStream;

    explicit FaultyStore(object_store::ObjectStore& store) : store_(store) {}

    /// Whether this put is to fail as if the process had been killed before it.
    std::function<bool(const std::string& key)> fails_put = [](const std::string&) {
        return false;
    };

    Result<std::unique_ptr<ObjectStream>> open(const ObjectId& object, const std::string& version,
                                               std::uint64_t offset) override {
        return store_.open(object, version, offset);
    }
    Result<ObjectInfo> head(const ObjectId& object) override { return store_.head(object); }
    Result<void> put(const ObjectId& object, std::string_view content) override {
        if (fails_put(object.key)) return fail(ErrorCode::unavailable, "The store is away.");
        return store_.put(object, content);
    }
    Result<void> remove(const ObjectId& object) override { return store_.remove(object); }
    Result<void> list(const std::string& bucket, const std::string& prefix,
                      const std::function<bool(const std::string& key)>& each) override {
        return store_.list(bucket, prefix, each);
    }

private:
    object_store::ObjectStore& store_;
};

/// Takes events like a Producer. Called on the import's thread; ask it between the runs.
class ScriptedProducer {
public:
    /// The problem with which an event is refused; empty: it is accepted.
    std::function<std::optional<receipt::Problem>(const event::Event&)> refuses =
        [](const event::Event&) { return std::nullopt; };
    std::function<void()> before_answer = [] {};

    Send send() {
        return [this](std::span<const event::Event> events, std::chrono::milliseconds limit) {
            producer_client::Sent sent;
            ++calls;
            before_answer();
            for (const event::Event& event : events) {
                if (limit <= std::chrono::milliseconds(0)) {
                    sent.outcomes.emplace_back(std::unexpected(problem(503, true)));
                } else if (auto refused = refuses(event)) {
                    sent.outcomes.emplace_back(std::unexpected(std::move(*refused)));
                } else {
                    ids.push_back(event.id);
                    traceparents.push_back(event.traceparent);
                    receipt::Receipt receipt;
                    receipt.id = event.id;
                    sent.outcomes.emplace_back(std::move(receipt));
                }
            }
            return sent;
        };
    }

    static receipt::Problem problem(int status, bool is_retry_safe) {
        receipt::Problem problem;
        problem.status = status;
        problem.type = "/problems/test";
        problem.title = "A test's problem";
        problem.detail = "It was scripted.";
        problem.retry_safe = is_retry_safe;
        return problem;
    }

    [[nodiscard]] std::set<std::string> unique_ids() const { return {ids.begin(), ids.end()}; }

    std::vector<std::string> ids;           ///< Accepted, in their order, repeats included.
    std::vector<std::string> traceparents;  ///< Theirs.
    int calls = 0;
};

/// A bucket, a Producer and an importer between them.
class ImportBench {
public:
    explicit ImportBench(ImportSettings settings = {}) : settings_(std::move(settings)) {}

    void upload(const std::string& key, std::string_view content) {
        (void)directory_->put(object_store::ObjectId("bucket", key), content);
    }

    /// One run of a fresh importer, as after a restart.
    Result<ImportOutcome> run(const std::string& key, const std::string& version = {},
                              std::chrono::milliseconds limit = std::chrono::hours(1)) {
        Importer importer(store, catalog, producer.send(), clock, log, tracer, settings_);
        return importer.run(object_store::ObjectId("bucket", key), version, trace,
                            clock.steady_now() + limit);
    }

    /// Keys and contents under a prefix.
    std::map<std::string, std::string> files(const std::string& prefix,
                                             const std::string& bucket = "bucket") {
        std::map<std::string, std::string> found;
        (void)directory_->list(bucket, prefix, [&](const std::string& key) {
            found[key] = content_of(bucket, key);
            return true;
        });
        return found;
    }
    /// The only file under a prefix; empty where there is none or there are several.
    std::string only_file(const std::string& prefix, const std::string& bucket = "bucket") {
        const auto found = files(prefix, bucket);
        return found.size() == 1 ? found.begin()->second : "";
    }
    [[nodiscard]] object_store::ObjectStore& directory() { return *directory_; }

private:
    std::string content_of(const std::string& bucket, const std::string& key) {
        auto stream = directory_->open(object_store::ObjectId(bucket, key), "", 0);
        if (!stream) return stream.error().message;
        std::string content((*stream)->info().size, '\0');
        std::size_t read = 0;
        while (read < content.size()) {
            const auto size = (*stream)->read(content.data() + read, content.size() - read);
            if (!size || *size == 0) break;
            read += *size;
        }
        return content;
    }

    TemporaryFolder folder_;
    std::unique_ptr<object_store::DirectoryStore> directory_ =
        std::move(object_store::DirectoryStore::open(folder_.path()).value());
    ImportSettings settings_;

public:
    FaultyStore store{*directory_};
    ManualClock clock;
    telemetry::CapturedLog log{clock};
    tracing::SpanQueue spans{1'000};
    tracing::Tracer tracer{0, clock, &spans};
    tracing::TraceContext trace = tracer.begin_trace();
    event::Catalog catalog = event::Catalog::built_in();
    ScriptedProducer producer;
};

/// `{"id":0,…}`, `{"id":1,…}`, …
inline std::string item(int number) {
    return R"({"id":)" + std::to_string(number) + R"(,"total":12.5,"status":"open"})";
}

inline std::string array_of(int count) {
    std::string file = "[\n";
    for (int i = 0; i < count; ++i) file += (i > 0 ? ",\n" : "") + item(i);
    return file + "\n]\n";
}

inline std::string lines_of(int count) {
    std::string file;
    for (int i = 0; i < count; ++i) file += item(i) + "\n";
    return file;
}

/// One gzip member.
inline std::string gzip(const std::string& text) {
    z_stream zlib{};
    if (deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    std::string packed(deflateBound(&zlib, text.size()), '\0');
    std::string input = text;
    zlib.next_in = reinterpret_cast<Bytef*>(input.data());
    zlib.avail_in = static_cast<uInt>(input.size());
    zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
    zlib.avail_out = static_cast<uInt>(packed.size());
    deflate(&zlib, Z_FINISH);
    packed.resize(packed.size() - zlib.avail_out);
    deflateEnd(&zlib);
    return packed;
}

}  // namespace tributary::batch_import::testing
