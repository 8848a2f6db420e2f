#pragma once

#include "http/server.h"

namespace tributary::http {

/// Where a Stream's pieces go. Called from any thread, one at a time; `end` once, as the last.
class Stream::Target {
public:
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;

    virtual bool write(std::string_view piece) = 0;
    virtual void end() = 0;
};

/// Where a Responder's answer goes. Called from any thread, once.
class Responder::Target {
public:
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;

    virtual void answer(Response response) = 0;
    virtual std::shared_ptr<Stream::Target> stream(Response head) = 0;
    /// There will be no answer.
    virtual void abandon() = 0;
};

}  // namespace tributary::http
