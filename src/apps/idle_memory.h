#pragma once

#include <chrono>
#include <thread>

namespace tributary::apps {

/// Gives memory that was freed back to the system once the process rests: the allocator keeps what
/// a busy time took, for ever otherwise. Looks at the processor time used, on a thread of its own,
/// until it is destroyed. Make one in main.
class IdleMemory {
public:
    /// The process rests when it used less than a twentieth of `interval`.
    explicit IdleMemory(std::chrono::milliseconds interval = std::chrono::seconds(5));

private:
    std::jthread watching_;
};

/// From now on every block of 64 KiB or more, the body of a large batch for instance, is memory of
/// its own that goes back to the system when it is freed; the allocator would raise that bound to
/// the largest block it has seen, and keep room for the worst moment. And all threads share two
/// heaps: events are made on one thread and freed on another, so heaps of their own would each keep
/// the holes. Call it first in main.
void keep_heap_small();

}  // namespace tributary::apps
