#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tributary::event {

/// How a field of `data` is typed in the index, where it is present.
enum class FieldKind { keyword, text, number, date, boolean };

struct Field {
    Field(std::string name_in, FieldKind kind_in) : name(std::move(name_in)), kind(kind_in) {}
    std::string name;
    FieldKind kind;
};

/// A compiled JSON Schema. Opaque here; `event/schema.h` checks with it.
class Schema;

/// One row of the catalog: the only place where type, topic and index meet.
struct EntityType {
    std::string name;                      ///< `order`
    std::string plural;                    ///< `orders`
    std::string topic;                     ///< `orders`
    std::string index;                     ///< `orders-index`
    std::string id_field = "id";           ///< The entity's own id within `data`.
    std::vector<Field> fields;             ///< Typed where they are present.
    std::shared_ptr<const Schema> schema;  ///< The operator's; null: any non-empty object.
};

/// Every entity type that this system knows. Immutable after loading; thread-safe.
class Catalog {
public:
    /// `product`, `order`, `supplier`.
    static Catalog built_in();

    /// The built-in types plus those of a YAML file (which may also refine a built-in one).
    /// `invalid_input` names the file, the place and what is allowed.
    static Result<Catalog> load(const std::string& path);

    /// The type of that name (`order`), exactly; null where there is none.
    [[nodiscard]] const EntityType* find(std::string_view name) const;
    [[nodiscard]] const EntityType* find_by_topic(std::string_view topic) const;
    /// By singular or plural, in any case, as file names have it; null where there is none.
    [[nodiscard]] const EntityType* find_by_word(std::string_view word) const;
    [[nodiscard]] const std::vector<EntityType>& types() const { return types_; }
    /// `product, order, supplier`: for sentences.
    [[nodiscard]] std::string names() const;

private:
    std::vector<EntityType> types_;
};

}  // namespace tributary::event
