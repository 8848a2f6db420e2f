#pragma once

#include <string_view>

#include "receipt/receipt.h"
#include "telemetry/log.h"

namespace tributary::receipt {

/// One line, at INFO, about what the sender of a sampled event is told; nothing where `traceparent`
/// is not marked as sampled. `action` is what was tried: `event.action`.
void log_outcome(telemetry::Log& log, std::string_view action, std::string_view traceparent,
                 const ItemOutcome& outcome);

}  // namespace tributary::receipt
