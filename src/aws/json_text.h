#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace tributary::aws {

/// The text of a field; empty where it is missing or no text.
inline std::string text_of(const boost::json::object& fields, std::string_view name) {
    const boost::json::value* const field = fields.if_contains(name);
    return field != nullptr && field->is_string() ? std::string(field->as_string()) : "";
}

}  // namespace tributary::aws
