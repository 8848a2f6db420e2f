#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HTTP messages as plain values; no domain words and no Boost in the headers of this module.
namespace tributary::http {

/// Header fields in the order sent. Names compare without case.
class Headers {
public:
    Headers() = default;
    void add(std::string name, std::string value);
    /// Replaces every field of that name.
    void set(std::string name, std::string value);
    /// The first field of that name; empty where there is none.
    [[nodiscard]] std::string_view get(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const;
    void remove(std::string_view name);
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
        return fields_;
    }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
    std::string method;  ///< Upper case, as sent.
    std::string target;  ///< As sent: path and query, still percent-encoded.
    Headers headers;
    /// Decompressed where Content-Encoding was gzip or zstd; that field and Content-Length are then
    /// gone from `headers`. Empty where a BodySink took it.
    std::string body;
    std::string remote_address;  ///< The client's address, without its port.

    /// The target up to `?`, still encoded.
    [[nodiscard]] std::string_view path() const;
    /// The target behind `?`, still encoded; empty where there is none.
    [[nodiscard]] std::string_view query() const;
    /// A query parameter, decoded; empty optional where it is absent.
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

struct Response {
    int status = 200;
    Headers headers;  ///< Content-Length and Connection are the server's.
    std::string body;
};

/// Percent-decodes a path or a query value (`plus_is_space` for queries); empty optional where the
/// encoding is broken or decodes to NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Percent-encodes everything but RFC 3986's unreserved characters, and `/` unless `encode_slash`.
std::string percent_encode(std::string_view text, bool encode_slash = false);

}  // namespace tributary::http
