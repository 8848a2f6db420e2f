#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tributary {

/// Names what the caller should do next, not where the error came from.
enum class ErrorCode {
    invalid_input,  ///< The input can never succeed; the caller must change it.
    not_found,      ///< The named thing does not exist.
    conflict,       ///< Somebody else got there first, or the state forbids it.
    retry_later,    ///< Refused for now (queue full, quota); nothing happened; try again.
    timed_out,      ///< The outcome is unknown: it may have happened. Retry with the same id.
    unavailable,    ///< The other side cannot be reached; nothing happened.
    shutting_down,  ///< This process is draining; go elsewhere.
    corrupt_data,   ///< Stored data cannot be read.
    internal,       ///< A bug or a condition that nobody planned for.
};

/// A failure as a value. `message` is a sentence: what was tried, with what, and what to do.
struct Error {
    Error(ErrorCode code_in, std::string message_in)
        : code(code_in), message(std::move(message_in)) {}

    ErrorCode code;
    std::string message;
};

/// Everything that the outside world can cause to fail returns this.
template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for the failing side of a Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error(code, std::move(message)));
}

/// The code's stable name, as it is logged and labelled: `invalid_input`, `not_found`, ...
std::string_view to_string(ErrorCode code);

}  // namespace tributary
