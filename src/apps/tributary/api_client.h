#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/tributary/commands.h"
#include "base/result.h"
#include "http/client.h"

namespace tributary::apps {

/// Talks to a running system's gateway and console.
class ApiClient {
public:
    /// `invalid_input` where the URL is none.
    static Result<ApiClient> open(const ClientOptions& options);

    /// Adds what the console asks of every call: its token, and of those that change something
    /// where they come from.
    void sign(http::Request& request) const;
    /// `unavailable` says what to start where nobody answers.
    Result<http::Response> send(http::Request request);
    Result<http::Response> get(const std::string& target);
    [[nodiscard]] http::Client& connection() { return *client_; }
    [[nodiscard]] Error unreachable(const Error& error) const;

private:
    ApiClient(http::Url url, const ClientOptions& options);
    std::string url_;
    std::string token_;
    std::string origin_;
    std::unique_ptr<http::Client> client_;
};

/// All of a file, of stdin where it is `-`.
Result<std::string> read_input(const std::string& file);

/// Prints the error as a sentence on stderr; returns its exit code.
int report(const Error& error);
/// Prints what a problem+json says; returns the exit code.
int report_problem(const http::Response& response);

/// The answer's JSON where the status is 200; else the exit code of the problem, printed.
std::expected<boost::json::value, int> expect_json(const Result<http::Response>& response);

/// JSON for people: numbers as one would write them (12.5, not 1.25E1).
std::string to_text(const boost::json::value& value);
/// A member of a JSON object as text for a table; empty where it is missing.
std::string member_text(const boost::json::value& object, std::string_view name);
/// One line about a document: received, type, id, source, data.
void print_document(const boost::json::value& document);
/// `a=1&b=x%20y` of what is not empty.
std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace tributary::apps
