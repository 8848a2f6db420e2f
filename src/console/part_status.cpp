#include "console/part_status.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "receipt/json_text.h"

namespace tributary::console {

std::string to_json(const std::vector<PartStatus>& parts) {
    boost::json::array array;
    for (const PartStatus& part : parts) {
        boost::json::object object{{"name", part.name}};
        if (!part.address.empty()) object["address"] = part.address;
        object["ready"] = part.is_ready;
        if (!part.detail.empty()) object["detail"] = receipt::utf8_only(part.detail);
        if (!part.version.empty()) object["version"] = part.version;
        array.push_back(std::move(object));
    }
    return boost::json::serialize(array);
}

}  // namespace tributary::console
