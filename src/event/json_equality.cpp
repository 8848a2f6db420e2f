#include <algorithm>
#include <cmath>
#include <simdjson.h>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace tributary::event {
namespace {

namespace dom = simdjson::dom;

bool is_same(const dom::element& left, const dom::element& right);

/// Without rounding: 2^53 + 1 is not 2^53, whichever of them is spelled as a double.
template <class Integer>
bool is_integer(double number, Integer integer) {
    constexpr double kBeyond = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
    return number >= (std::is_signed_v<Integer> ? -0x1p63 : 0.0) && number < kBeyond &&
           std::trunc(number) == number && static_cast<Integer>(number) == integer;
}

/// `is_double()` of simdjson is true for integers too, so the types are asked. What fits is read as
/// int64, what does not as uint64: those two never are equal.
bool is_same_number(const dom::element& left, const dom::element& right) {
    using enum dom::element_type;
    if (left.type() == right.type()) {
        switch (left.type()) {
            case INT64: return left.get_int64().value_unsafe() == right.get_int64().value_unsafe();
            case UINT64:
                return left.get_uint64().value_unsafe() == right.get_uint64().value_unsafe();
            default: return left.get_double().value_unsafe() == right.get_double().value_unsafe();
        }
    }
    if (right.type() == DOUBLE) return is_same_number(right, left);
    if (left.type() != DOUBLE) return false;
    const double number = left.get_double().value_unsafe();
    return right.type() == INT64 ? is_integer(number, right.get_int64().value_unsafe())
                                 : is_integer(number, right.get_uint64().value_unsafe());
}

std::vector<dom::key_value_pair> sorted_members(const dom::object& object) {
    std::vector<dom::key_value_pair> members;
    for (const auto member : object) members.push_back(member);
    std::ranges::sort(members, {}, &dom::key_value_pair::key);
    return members;
}

bool is_same_object(const dom::object& left, const dom::object& right) {
    return std::ranges::equal(
        sorted_members(left), sorted_members(right),
        [](const auto& a, const auto& b) { return a.key == b.key && is_same(a.value, b.value); });
}

bool is_same_array(const dom::array& left, const dom::array& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), is_same);
}

/// Recursion is bounded: simdjson reads nothing that is nested deeper than 1024 levels.
bool is_same(const dom::element& left, const dom::element& right) {
    if (left.is_number() && right.is_number()) return is_same_number(left, right);
    if (left.type() != right.type()) return false;
    switch (left.type()) {
        case dom::element_type::OBJECT:
            return is_same_object(left.get_object().value_unsafe(),
                                  right.get_object().value_unsafe());
        case dom::element_type::ARRAY:
            return is_same_array(left.get_array().value_unsafe(), right.get_array().value_unsafe());
        case dom::element_type::STRING:
            return left.get_string().value_unsafe() == right.get_string().value_unsafe();
        case dom::element_type::BOOL:
            return left.get_bool().value_unsafe() == right.get_bool().value_unsafe();
        default: return left.is_null() && right.is_null();
    }
}

}  // namespace

bool same_json_value(std::string_view left, std::string_view right) {
    dom::parser left_parser;
    dom::parser right_parser;
    dom::element left_root;
    dom::element right_root;
    if (left_parser.parse(left.data(), left.size()).get(left_root) != simdjson::SUCCESS ||
        right_parser.parse(right.data(), right.size()).get(right_root) != simdjson::SUCCESS) {
        return false;
    }
    return is_same(left_root, right_root);
}

}  // namespace tributary::event
