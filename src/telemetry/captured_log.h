#pragma once

#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "telemetry/log.h"

namespace tributary::telemetry {

/// The tests' log: keeps its lines in memory.
class CapturedLog : public Log {
public:
    /// `clock` must outlive this object.
    explicit CapturedLog(const Clock& clock)
        : CapturedLog(clock, ::memfd_create("log", MFD_CLOEXEC)) {}
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;
    ~CapturedLog() { ::close(fd_); }

    /// Every line so far that has all of these words.
    [[nodiscard]] std::vector<std::string> lines(
        std::initializer_list<std::string_view> words) const {
        std::vector<std::string> found;
        const std::string all = text();
        for (std::size_t begin = 0; begin < all.size();) {
            const std::size_t end = all.find('\n', begin);
            const std::string line = all.substr(begin, end - begin);
            bool has_all = true;
            for (const auto word : words) has_all &= line.find(word) != std::string::npos;
            if (has_all) found.push_back(line);
            begin = end + 1;
        }
        return found;
    }

private:
    CapturedLog(const Clock& clock, int fd)
        : Log({.service = "test", .minimum = Level::info, .fd = fd, .human = false}, clock),
          fd_(fd) {}
    [[nodiscard]] std::string text() const {
        std::string all(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
        const ssize_t size = ::pread(fd_, all.data(), all.size(), 0);
        all.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return all;
    }

    int fd_;
};

}  // namespace tributary::telemetry
