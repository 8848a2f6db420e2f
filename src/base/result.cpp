#include "base/result.h"

namespace tributary {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_input: return "invalid_input";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::retry_later: return "retry_later";
        case ErrorCode::timed_out: return "timed_out";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::shutting_down: return "shutting_down";
        case ErrorCode::corrupt_data: return "corrupt_data";
        case ErrorCode::internal: return "internal";
    }
    return "internal";
}

}  // namespace tributary
