#include "gateway/object_state.h"

#include <boost/json.hpp>
#include <functional>

#include "gateway/bucket_key.h"
#include "gateway/read_object.h"

namespace tributary::gateway {

bool ObjectState::is_current(const ObjectVersion& object) const {
    const auto info = store_.head({bucket_, object.key});
    if (!info) return info.error().code != ErrorCode::not_found;
    return info->version == object.version;
}

bool ObjectState::is_done(const ObjectVersion& object) const {
    if (store_.head({bucket_, result_key("failed", object.key, object.version)})) return true;
    const auto report =
        read_object(store_, {bucket_, result_key("reports", object.key, object.version)});
    if (!report) return false;
    boost::system::error_code error;
    const boost::json::value parsed = boost::json::parse(*report, error);
    const boost::json::value* status = error ? nullptr : parsed.find_pointer("/status", error);
    return status == nullptr || *status != "replaced";
}

std::size_t ObjectState::progress(const ObjectVersion& object) const {
    const auto checkpoint =
        read_object(store_, {bucket_, result_key("checkpoints", object.key, object.version)});
    return checkpoint ? std::hash<std::string>()(*checkpoint) : 0;
}

}  // namespace tributary::gateway
