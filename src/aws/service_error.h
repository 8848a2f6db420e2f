#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tributary::aws {

/// What an AWS service says where it refuses.
struct ServiceError {
    std::string code;     ///< `NoSuchKey`; empty where the answer names none.
    std::string message;  ///< Its own words.
};

/// Reads the error out of an answer: S3's XML, or the JSON of the other services.
ServiceError error_of(const http::Response& response);

/// The text of the first XML element of that name, its entities resolved. For the flat answers of
/// S3, whose elements have no attributes that count; empty optional where there is none.
std::optional<std::string> element_of(std::string_view xml, std::string_view name);

}  // namespace tributary::aws
