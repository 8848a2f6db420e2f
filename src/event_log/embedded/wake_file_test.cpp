#include "event_log/embedded/wake_file.h"

#include <gtest/gtest.h>

#include "event_log/embedded/test_log.h"

namespace tributary::event_log {
namespace {

using namespace std::chrono_literals;

TEST(WakeFile, ASignalEndsTheWaitUntilItIsCleared) {
    const TestLog files;
    const WakeWatch watch(files.path());
    const WakeSignal signal(files.path());
    EXPECT_FALSE(watch.wait(0ms));
    signal.raise();
    EXPECT_TRUE(watch.wait(30s));
    watch.clear();
    EXPECT_FALSE(watch.wait(0ms));
}

TEST(WakeFile, OneSignalWakesAllWatches) {
    const TestLog files;
    const WakeWatch first(files.path());
    const WakeWatch second(files.path());
    WakeSignal(files.path()).raise();
    EXPECT_TRUE(first.wait(30s));
    EXPECT_TRUE(second.wait(30s));
}

TEST(WakeFile, WithoutAFolderAWaitIsJustAWait) {
    const WakeWatch watch("/nowhere/at/all.db");
    WakeSignal("/nowhere/at/all.db").raise();
    EXPECT_FALSE(watch.wait(1ms));
}

}  // namespace
}  // namespace tributary::event_log
