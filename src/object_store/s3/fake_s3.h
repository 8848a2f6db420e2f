#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/service_error.h"
#include "aws/signature.h"
#include "base/rfc3339.h"
#include "http/server.h"

/// A small S3 for tests: one bucket in memory, every signature checked.
namespace tributary::object_store {

class FakeS3 final : public http::Handler {
public:
    FakeS3(std::string bucket, aws::Credentials credentials)
        : bucket_(std::move(bucket)), credentials_(std::move(credentials)) {
        loop_.start(1);
        server_ = *http::Server::listen(loop_, {}, *this);
    }
    ~FakeS3() override { server_->drain(std::chrono::milliseconds(0)); }

    [[nodiscard]] http::Url url() const {
        return *http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port()));
    }
    /// `METHOD target` of every request so far.
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    /// Keys a page of a listing.
    void set_page_size(std::size_t keys) { page_size_ = keys; }
    /// From now on every new content gets a version of its own.
    void keep_versions() { keeps_versions_ = true; }

    void handle(http::Request request, http::Responder responder) override {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request.method + " " + request.target);
        responder.send(is_signed(request) ? answer(request) : error(403, "SignatureDoesNotMatch"));
    }

private:
    struct Stored {
        std::string content;
        std::string etag;
        std::string version;
    };

    static http::Response error(int status, const std::string& code) {
        http::Response response;
        response.status = status;
        response.headers.add("Content-Type", "application/xml");
        response.body = "<?xml version=\"1.0\"?><Error><Code>" + code +
                        "</Code><Message>The test's S3 says so.</Message></Error>";
        return response;
    }
    static http::Response empty(int status) {
        http::Response response;
        response.status = status;
        return response;
    }

    /// Signs what was signed once more, with the secret that the client should have.
    bool is_signed(const http::Request& request) const {
        const std::string sent(request.headers.get("Authorization"));
        const std::size_t begin = sent.find("SignedHeaders=");
        if (begin == std::string::npos) return false;
        const std::string names =
            ";" + sent.substr(begin + 14, sent.find(',', begin) - begin - 14) + ";";
        http::Request again;
        again.method = request.method;
        again.target = request.target;
        for (auto [name, value] : request.headers.all()) {
            std::ranges::transform(name, name.begin(), [](unsigned char c) {
                return static_cast<char>(std::tolower(c));
            });
            if (name != "x-amz-date" && names.find(";" + name + ";") != std::string::npos) {
                again.headers.add(name, value);
            }
        }
        std::string date(request.headers.get("X-Amz-Date"));
        if (date.size() != 16) return false;
        for (const std::size_t at : {4U, 7U}) date.insert(at, "-");
        for (const std::size_t at : {13U, 16U}) date.insert(at, ":");
        aws::sign(again, request.headers.get("Host"), aws::sha256_hex(request.body), credentials_,
                  {"eu-central-1", "s3"}, *parse_rfc3339(date));
        return again.headers.get("Authorization") == sent;
    }

    http::Response answer(const http::Request& request) {
        const auto path = http::percent_decode(request.path()).value_or("");
        const std::string root = "/" + bucket_;
        if (path != root && !path.starts_with(root + "/")) return error(404, "NoSuchBucket");
        const std::string key = path == root ? "" : path.substr(root.size() + 1);
        const auto upload = request.parameter("uploadId");
        if (request.method == "GET" && request.parameter("list-type")) return list(request);
        if (request.method == "GET" || request.method == "HEAD") return read(request, key);
        if (request.method == "DELETE") {
            if (upload) {
                uploads_.erase(*upload);
            } else {
                objects_.erase(key);
            }
            return empty(204);
        }
        if (request.method == "PUT" && upload) return put_part(request, *upload);
        if (request.method == "PUT") return put(key, request.body);
        if (request.method == "POST" && upload) return complete(key, *upload, request.body);
        if (request.method == "POST" && request.parameter("uploads")) {
            const std::string id = "upload/" + std::to_string(uploads_.size());
            uploads_[id] = {};
            http::Response response;
            response.body = "<R><UploadId>" + id + "</UploadId></R>";
            return response;
        }
        return error(400, "InvalidRequest");
    }

    http::Response put(const std::string& key, const std::string& content) {
        ++writes_;
        Stored stored{content, aws::sha256_hex(content + std::to_string(writes_)).substr(0, 32),
                      ""};
        if (keeps_versions_) stored.version = "version." + std::to_string(writes_);
        http::Response response;
        response.headers.add("ETag", '"' + stored.etag + '"');
        old_[stored.version] = stored;
        objects_[key] = std::move(stored);
        return response;
    }

    http::Response put_part(const http::Request& request, const std::string& upload) {
        const auto parts = uploads_.find(upload);
        if (parts == uploads_.end()) return error(404, "NoSuchUpload");
        const int number = std::stoi(request.parameter("partNumber").value_or("0"));
        parts->second[number] = request.body;
        http::Response response;
        response.headers.add("ETag", fmt::format("\"part{}\"", number));
        return response;
    }

    http::Response complete(const std::string& key, const std::string& upload,
                            const std::string& list) {
        const auto parts = uploads_.find(upload);
        if (parts == uploads_.end()) return error(404, "NoSuchUpload");
        std::string content;
        for (const auto& [number, part] : parts->second) {
            if (list.find(fmt::format("<PartNumber>{0}</PartNumber><ETag>\"part{0}\"</ETag>",
                                      number)) == std::string::npos) {
                return error(400, "InvalidPart");
            }
            content += part;
        }
        uploads_.erase(parts);
        http::Response response = put(key, content);
        response.body = "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>";
        return response;
    }

    http::Response read(const http::Request& request, const std::string& key) {
        const auto version = request.parameter("versionId");
        const auto found = objects_.find(key);
        const Stored* stored = found == objects_.end() ? nullptr : &found->second;
        if (version) {
            const auto old = old_.find(*version);
            stored = old == old_.end() ? nullptr : &old->second;
        }
        if (stored == nullptr) return error(404, version ? "NoSuchVersion" : "NoSuchKey");
        const std::string_view match = request.headers.get("If-Match");
        if (!match.empty() && match != '"' + stored->etag + '"') {
            return error(412, "PreconditionFailed");
        }
        http::Response response;
        response.headers.add("ETag", '"' + stored->etag + '"');
        if (!stored->version.empty()) response.headers.add("x-amz-version-id", stored->version);
        response.body = stored->content;
        std::string_view range = request.headers.get("Range");
        if (!range.starts_with("bytes=")) return response;
        std::size_t first = 0;
        std::size_t last = 0;
        range.remove_prefix(6);
        const char* const end = range.data() + range.size();
        const auto dash = std::from_chars(range.data(), end, first);
        std::from_chars(dash.ptr + 1, end, last);
        if (first >= stored->content.size()) return error(416, "InvalidRange");
        response.status = 206;
        response.body = stored->content.substr(first, last - first + 1);
        return response;
    }

    http::Response list(const http::Request& request) const {
        const std::string prefix = request.parameter("prefix").value_or("");
        const std::string after = request.parameter("continuation-token").value_or("");
        std::string entries;
        std::string last;
        std::size_t count = 0;
        bool is_cut = false;
        for (auto object = after.empty() ? objects_.begin() : objects_.upper_bound(after);
             object != objects_.end(); ++object) {
            if (!object->first.starts_with(prefix)) continue;
            is_cut = count == page_size_;
            if (is_cut) break;
            entries +=
                "<Contents><Key>" + http::percent_encode(object->first, true) + "</Key></Contents>";
            last = object->first;
            ++count;
        }
        http::Response response;
        response.body = "<ListBucketResult><IsTruncated>" + std::string(is_cut ? "true" : "false") +
                        "</IsTruncated>" + entries;
        if (is_cut) {
            response.body += "<NextContinuationToken>" + last + "</NextContinuationToken>";
        }
        response.body += "</ListBucketResult>";
        return response;
    }

    const std::string bucket_;
    const aws::Credentials credentials_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::map<std::string, Stored> objects_;
    std::map<std::string, Stored> old_;  ///< By version.
    std::map<std::string, std::map<int, std::string>> uploads_;
    std::size_t writes_ = 0;
    std::size_t page_size_ = 1'000;
    bool keeps_versions_ = false;
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace tributary::object_store
