#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace tributary::gateway {

/// What a problem about events says beside its sentence.
struct ProblemFacts {
    std::string id;             ///< The event's; empty: there is none to name.
    bool fate_unknown = false;  ///< Something may have been accepted.
};

/// An application/problem+json answer (RFC 9457). A retry is called safe where the status may pass,
/// and where the fate is unknown only with an id: without one it would make a second event.
http::Response problem(int status, std::string_view title, std::string_view detail,
                       const ProblemFacts& facts = {});

}  // namespace tributary::gateway
