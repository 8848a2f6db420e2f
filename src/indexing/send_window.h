#pragma once

#include <algorithm>
#include <cstddef>

namespace tributary::indexing {

/// How many documents may be in flight: additive increase while the index keeps up, halved when it
/// refuses. At one, an index that just came back is tried with a single document.
class SendWindow {
public:
    SendWindow(std::size_t maximum, std::size_t step)
        : maximum_(std::max<std::size_t>(1, maximum)), step_(std::max<std::size_t>(1, step)) {}

    void succeeded() { size_ = std::min(maximum_, size_ + step_); }
    void refused() { size_ = std::max<std::size_t>(1, size_ / 2); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::size_t maximum_;
    std::size_t step_;
    std::size_t size_ = maximum_;
};

}  // namespace tributary::indexing
