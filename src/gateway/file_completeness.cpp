#include "gateway/file_completeness.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace tributary::gateway {

/// A read lease is granted only while no descriptor is open for writing: the one question that the
/// kernel answers about that. It is given back at once.
std::optional<bool> is_open_for_writing(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::optional<bool> answer;
    // Whoever opens the file just now makes the kernel signal us: by default with SIGIO, which
    // kills; SIGURG is ignored.
    if (::fcntl(fd, F_SETSIG, SIGURG) == 0) {
        if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
            ::fcntl(fd, F_SETLEASE, F_UNLCK);
            answer = false;
        } else if (errno == EAGAIN) {
            answer = true;
        }
    }
    ::close(fd);
    return answer;
}

}  // namespace tributary::gateway
