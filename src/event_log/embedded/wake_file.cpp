#include "event_log/embedded/wake_file.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <limits>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace tributary::event_log {
namespace {

std::string wake_path(const std::string& log_path) {
    return log_path + "-wake";
}

constexpr int kFileMode = 0644;

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

WakeSignal::WakeSignal(const std::string& log_path)
    : file_(::open(wake_path(log_path).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kFileMode)) {
}

void WakeSignal::raise() const {
    // A failure costs readers the rest of their wait, nothing else.
    [[maybe_unused]] const auto written = ::pwrite(file_.get(), "!", 1, 0);
}

WakeWatch::WakeWatch(const std::string& log_path)
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    const WakeSignal creates_the_file(log_path);
    ::inotify_add_watch(inotify_.get(), wake_path(log_path).c_str(), IN_MODIFY);
}

void WakeWatch::clear() const {
    std::array<char, 4096> events;
    while (::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
}

bool WakeWatch::wait(std::chrono::milliseconds limit) const {
    constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
    pollfd watched{inotify_.get(), POLLIN, 0};
    const auto timeout = std::clamp<std::int64_t>(limit.count(), 0, kLongest);
    return ::poll(&watched, 1, static_cast<int>(timeout)) > 0;
}

}  // namespace tributary::event_log
