#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/decoder.h"

namespace tributary::event {

/// A compiled JSON Schema (draft 7) for `data`. Immutable; thread-safe.
class Schema {
public:
    /// `json` is the schema. `invalid_input` says what is wrong with it; references to other
    /// documents are refused.
    static Result<std::shared_ptr<const Schema>> compile(std::string_view json);

    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;
    ~Schema();

    /// Every violation of `data` (sound JSON), with pointers that begin with `prefix`: `/data`.
    [[nodiscard]] std::vector<Violation> check(std::string_view data,
                                               std::string_view prefix) const;

private:
    struct Compiled;
    explicit Schema(std::unique_ptr<Compiled> compiled);
    std::unique_ptr<Compiled> compiled_;
};

}  // namespace tributary::event
