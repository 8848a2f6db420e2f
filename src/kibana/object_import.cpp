#include "kibana/object_import.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <sstream>
#include <thread>

#include "http/client.h"

namespace tributary::kibana {
namespace {

namespace json = boost::json;

constexpr const char* kTarget = "/api/saved_objects/_import?overwrite=true";
constexpr std::chrono::seconds kAnswerWithin{60};
constexpr std::size_t kMaxShown = 300;
constexpr std::size_t kMaxErrors = 10;

std::uint64_t count_lines(const std::string& text) {
    std::istringstream lines(text);
    std::uint64_t count = 0;
    for (std::string line; std::getline(lines, line);) count += line.empty() ? 0U : 1U;
    return count;
}

/// The file as a form would send it.
http::Request import_request(const ImportSettings& settings, const std::string& ndjson) {
    std::string boundary = "tributary-objects";
    while (ndjson.find(boundary) != std::string::npos) boundary += '-';
    http::Request request;
    request.method = "POST";
    request.target = kTarget;
    request.headers.add("kbn-xsrf", "true");
    request.headers.add("Content-Type", "multipart/form-data; boundary=" + boundary);
    if (!settings.api_key.empty()) {
        request.headers.add("Authorization", "ApiKey " + settings.api_key);
    }
    request.body = fmt::format(
        "--{0}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"objects.ndjson\"\r\n"
        "Content-Type: application/ndjson\r\n\r\n{1}\r\n--{0}--\r\n",
        boundary, ndjson);
    return request;
}

std::string text_at(const json::value& value, const char* pointer) {
    boost::system::error_code failure;
    const json::value* found = value.find_pointer(pointer, failure);
    if (found == nullptr) return "";
    return found->is_string() ? std::string(found->as_string()) : json::serialize(*found);
}

/// `dashboard tributary-events: missing_references [{"type":…}]`, for each object; not all of many.
std::string refused_objects(const json::value& answer) {
    boost::system::error_code failure;
    const json::value* errors = answer.find_pointer("/errors", failure);
    if (errors == nullptr || !errors->is_array()) return "it does not say which";
    std::string text;
    for (const json::value& one : errors->as_array()) {
        if (&one - errors->as_array().data() == static_cast<std::ptrdiff_t>(kMaxErrors)) {
            return text + "; and others";
        }
        text += fmt::format("{}{} {}: {} {}", text.empty() ? "" : "; ", text_at(one, "/type"),
                            text_at(one, "/id"), text_at(one, "/error/type"),
                            text_at(one, "/error/references") + text_at(one, "/error/message"));
    }
    return text;
}

Result<std::uint64_t> read_answer(const http::Response& response, std::uint64_t sent) {
    if (response.status != 200) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Kibana answered {} to the import: {}", response.status,
                                response.body.substr(0, kMaxShown)));
    }
    boost::system::error_code failure;
    const json::value answer = json::parse(response.body, failure);
    if (failure || !answer.is_object()) {
        return fail(ErrorCode::invalid_input,
                    "What answers at this address does not answer like Kibana.");
    }
    if (text_at(answer, "/success") != "true") {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Kibana did not take every object: {}.", refused_objects(answer)));
    }
    if (text_at(answer, "/successCount") != std::to_string(sent)) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Kibana took {} objects of the {} that were sent.",
                                text_at(answer, "/successCount"), sent));
    }
    return sent;
}

/// Kibana says 503 until it is ready; a proxy before it may say 502 or 504.
bool is_worth_another_try(const Result<http::Response>& response) {
    if (!response) {
        return response.error().code == ErrorCode::unavailable ||
               response.error().code == ErrorCode::timed_out;
    }
    return response->status == 502 || response->status == 503 || response->status == 504;
}

}  // namespace

Result<std::uint64_t> import_objects(const ImportSettings& settings, const std::string& ndjson,
                                     const Clock& clock) {
    auto url = http::Url::parse(settings.url);
    if (!url) return std::unexpected(url.error());
    http::ClientSettings connection;
    connection.ca_file = settings.ca_file;
    http::Client client(std::move(*url), std::move(connection));
    const http::Request request = import_request(settings, ndjson);
    const SteadyTime end = clock.steady_now() + settings.patience;
    while (true) {
        const auto response = client.send(request, kAnswerWithin, true);
        if (!is_worth_another_try(response)) {
            if (!response) return std::unexpected(response.error());
            return read_answer(*response, count_lines(ndjson));
        }
        if (clock.steady_now() >= end) {
            return fail(ErrorCode::unavailable,
                        fmt::format("Kibana at {} was not ready in time: {}", settings.url,
                                    response ? std::to_string(response->status) + " " +
                                                   response->body.substr(0, kMaxShown)
                                             : response.error().message));
        }
        std::this_thread::sleep_for(settings.pause);
    }
}

}  // namespace tributary::kibana
