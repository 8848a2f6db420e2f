#include "receipt/receipt.h"

namespace tributary::receipt {
namespace {

Problem refused(int status, std::string type, std::string title) {
    Problem problem;
    problem.status = status;
    problem.type = std::move(type);
    problem.title = std::move(title);
    return problem;
}

/// Certainly not persisted, and nothing is wrong with the event.
Problem not_persisted(std::string type, std::string title) {
    Problem problem = refused(503, std::move(type), std::move(title));
    problem.retry_safe = true;
    return problem;
}

/// It may have been persisted: only the same id makes another try harmless.
Problem perhaps_persisted(int status, std::string type, std::string title) {
    Problem problem = refused(status, std::move(type), std::move(title));
    problem.retry_safe = true;
    problem.fate_unknown = true;
    return problem;
}

Problem of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::retry_later:
            return not_persisted("/problems/overloaded", "The event log takes no more for now");
        case ErrorCode::unavailable:
            return not_persisted("/problems/log-unavailable", "The event log cannot be reached");
        case ErrorCode::shutting_down:
            return not_persisted("/problems/shutting-down", "This server is shutting down");
        case ErrorCode::not_found:
            return not_persisted("/problems/topic-missing", "The event log lacks the topic");
        case ErrorCode::invalid_input:
            return refused(413, "/problems/event-too-large", "The event is too large for the log");
        case ErrorCode::timed_out:
            return perhaps_persisted(504, "/problems/fate-unknown",
                                     "The event may or may not have been persisted");
        case ErrorCode::conflict:
        case ErrorCode::corrupt_data:
        case ErrorCode::internal: break;
    }
    return perhaps_persisted(500, "/problems/internal", "The server failed unexpectedly");
}

Problem of_kind(event::Rejection::Kind kind) {
    switch (kind) {
        case event::Rejection::Kind::malformed:
            return refused(400, "/problems/malformed", "The body cannot be read");
        case event::Rejection::Kind::unsupported_format:
            return refused(415, "/problems/unsupported-format", "The format is not supported");
        case event::Rejection::Kind::invalid: break;
    }
    return refused(422, "/problems/invalid-event", "The event is not valid");
}

}  // namespace

Problem problem_of(const event::Rejection& rejection) {
    Problem problem = of_kind(rejection.kind);
    problem.detail = rejection.detail;
    problem.id = rejection.id;
    problem.violations = rejection.violations;
    return problem;
}

Problem problem_of(const Error& error, const std::string& id) {
    Problem problem = of_code(error.code);
    problem.detail = error.message;
    problem.id = id;
    return problem;
}

}  // namespace tributary::receipt
