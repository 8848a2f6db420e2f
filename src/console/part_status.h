#pragma once

#include <string>
#include <vector>

namespace tributary::console {

/// One part of the system and how it does, for `/api/status`.
struct PartStatus {
    std::string name;
    std::string address;  ///< Empty where it has none.
    bool is_ready = false;
    std::string detail;   ///< Why it is not ready, or what it does.
    std::string version;  ///< Empty where it is not known.
};

/// `[{"name":…,"address":…,"ready":…,"detail":…,"version":…},…]`; what is empty is left out.
std::string to_json(const std::vector<PartStatus>& parts);

}  // namespace tributary::console
