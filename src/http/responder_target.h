#pragma once

#include "http/server.h"

namespace tributary::http {

/// Where a Responder's answer goes. Called from any thread, once.
class Responder::Target {
public:
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;

    virtual void answer(Response response) = 0;
    /// There will be no answer.
    virtual void abandon() = 0;
};

}  // namespace tributary::http
