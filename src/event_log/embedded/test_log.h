#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "event_log/embedded/embedded_log.h"
#include "sqlite/temporary_file.h"

namespace tributary::event_log {

/// For tests: settings for a log in a folder of its own, without a reserve of disk space.
class TestLog {
public:
    [[nodiscard]] EmbeddedLogSettings settings() const {
        EmbeddedLogSettings settings;
        settings.path = file_.path();
        settings.free_space_reserve_bytes = 0;
        return settings;
    }
    [[nodiscard]] const std::string& path() const { return file_.path(); }
    /// With the topic `orders`.
    static std::unique_ptr<EmbeddedLog> open_with_orders(EmbeddedLogSettings settings,
                                                         const Clock& clock) {
        auto log = open(std::move(settings), clock);
        EXPECT_TRUE(log && log->create_topic("orders"));
        return log;
    }
    static std::unique_ptr<EmbeddedLog> open(EmbeddedLogSettings settings, const Clock& clock) {
        auto log = EmbeddedLog::open(std::move(settings), clock);
        EXPECT_TRUE(log) << log.error().message;
        return log ? std::move(*log) : nullptr;
    }

private:
    sqlite::TemporaryFile file_;
};

}  // namespace tributary::event_log
