#include "apps/idle_memory.h"

#include <condition_variable>
#include <ctime>
#include <malloc.h>
#include <mutex>
#include <stop_token>

namespace tributary::apps {
namespace {

using std::chrono::milliseconds;

milliseconds processor_time() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(used.tv_sec) +
                                                    std::chrono::nanoseconds(used.tv_nsec));
}

void watch(const std::stop_token& stop, milliseconds interval) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    milliseconds before = processor_time();
    milliseconds trimmed_at = before;
    while (!stopped.wait_for(lock, stop, interval, [&stop] { return stop.stop_requested(); })) {
        const milliseconds now = processor_time();
        const bool is_resting = now - before < interval / 20;
        const bool has_worked = now - trimmed_at > interval / 20;
        // Not more often than work was done: going through the heap costs some milliseconds.
        if (is_resting && has_worked) {
            ::malloc_trim(0);
            trimmed_at = processor_time();
        }
        before = now;
    }
}

}  // namespace

void keep_heap_small() {
    constexpr int kLargeBytes = 64 << 10;
    constexpr int kHeaps = 2;
    ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);
    ::mallopt(M_ARENA_MAX, kHeaps);
}

IdleMemory::IdleMemory(milliseconds interval)
    : watching_([interval](const std::stop_token& stop) { watch(stop, interval); }) {
}

}  // namespace tributary::apps
