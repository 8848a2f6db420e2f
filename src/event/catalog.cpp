#include "event/catalog.h"

#include <algorithm>

namespace tributary::event {
namespace {

EntityType built_in_type(std::string name, std::vector<Field> fields) {
    EntityType type;
    type.plural = name + "s";
    type.topic = type.plural;
    type.index = type.plural + "-index";
    type.name = std::move(name);
    type.fields = std::move(fields);
    return type;
}

/// Names are ASCII (the catalog file is held to that).
bool is_same_word(std::string_view left, std::string_view right) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(left, right, {}, lower, lower);
}

template <class Predicate>
const EntityType* first_that(const std::vector<EntityType>& types, Predicate predicate) {
    const auto found = std::ranges::find_if(types, predicate);
    return found == types.end() ? nullptr : &*found;
}

}  // namespace

Catalog Catalog::built_in() {
    using enum FieldKind;
    Catalog catalog;
    catalog.types_.push_back(built_in_type("product", {{"id", keyword},
                                                       {"name", text},
                                                       {"description", text},
                                                       {"category", keyword},
                                                       {"brand", keyword},
                                                       {"sku", keyword},
                                                       {"supplier_id", keyword},
                                                       {"price", number},
                                                       {"currency", keyword},
                                                       {"stock", number},
                                                       {"status", keyword},
                                                       {"created_at", date},
                                                       {"updated_at", date}}));
    catalog.types_.push_back(built_in_type("order", {{"id", keyword},
                                                     {"customer_id", keyword},
                                                     {"product_id", keyword},
                                                     {"quantity", number},
                                                     {"total", number},
                                                     {"currency", keyword},
                                                     {"status", keyword},
                                                     {"priority", keyword},
                                                     {"date", date},
                                                     {"created_at", date},
                                                     {"updated_at", date}}));
    catalog.types_.push_back(built_in_type("supplier", {{"id", keyword},
                                                        {"name", text},
                                                        {"contact", text},
                                                        {"email", keyword},
                                                        {"phone", keyword},
                                                        {"address", text},
                                                        {"city", keyword},
                                                        {"country", keyword},
                                                        {"balance", number},
                                                        {"status", keyword},
                                                        {"created_at", date},
                                                        {"updated_at", date}}));
    return catalog;
}

const EntityType* Catalog::find(std::string_view name) const {
    return first_that(types_, [&](const EntityType& type) { return type.name == name; });
}

const EntityType* Catalog::find_by_topic(std::string_view topic) const {
    return first_that(types_, [&](const EntityType& type) { return type.topic == topic; });
}

const EntityType* Catalog::find_by_word(std::string_view word) const {
    return first_that(types_, [&](const EntityType& type) {
        return is_same_word(type.name, word) || is_same_word(type.plural, word);
    });
}

std::string Catalog::names() const {
    std::string names;
    for (const EntityType& type : types_) {
        if (!names.empty()) names += ", ";
        names += type.name;
    }
    return names;
}

}  // namespace tributary::event
