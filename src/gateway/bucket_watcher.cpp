#include "gateway/bucket_watcher.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <poll.h>
#include <set>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "gateway/bucket_key.h"
#include "gateway/file_completeness.h"

namespace tributary::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kWatched = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                                   IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::chrono::milliseconds kRecheckTime{100};

std::string join(const std::string& folder, std::string_view name) {
    return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

/// Owns a descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

}  // namespace

class BucketWatcher::Implementation {
public:
    Implementation(WatchSettings settings, const Clock& clock, telemetry::Log& log,
                   OnObject on_object)
        : settings_(std::move(settings)),
          clock_(clock),
          log_(log),
          on_object_(std::move(on_object)),
          inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
          wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~Implementation() {
        thread_.request_stop();
        ::eventfd_write(wake_.get(), 1);
    }
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    Result<void> start() {
        std::error_code error;
        fs::create_directories(settings_.folder, error);
        if (error || inotify_.get() < 0 || wake_.get() < 0) {
            return fail(
                ErrorCode::unavailable,
                fmt::format("The folder {} cannot be watched: {}.", settings_.folder.string(),
                            error ? error.message() : std::strerror(errno)));
        }
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
        return {};
    }

    void rescan() {
        must_scan_ = true;
        ::eventfd_write(wake_.get(), 1);
    }

private:
    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (must_scan_.exchange(false)) scan_folder("", stop);
            check_candidates();
            wait();
            eventfd_t ignored = 0;
            ::eventfd_read(wake_.get(), &ignored);
            read_notifications(stop);
        }
    }

    void wait() {
        std::array<pollfd, 2> waited{{{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
        const int timeout = candidates_.empty() ? -1 : static_cast<int>(kRecheckTime.count());
        ::poll(waited.data(), waited.size(), timeout);
    }

    // ---- notifications

    void read_notifications(const std::stop_token& stop) {
        alignas(inotify_event) std::array<char, 64 * 1024> buffer;
        while (!stop.stop_requested()) {
            const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
            if (got <= 0) return;
            for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
                inotify_event event{};
                std::memcpy(&event, buffer.data() + at, sizeof event);
                const char* name = buffer.data() + at + sizeof event;
                on_notification(event, event.len > 0 ? std::string_view(name) : "", stop);
                at += sizeof event + event.len;
            }
        }
    }

    void on_notification(const inotify_event& event, std::string_view name,
                         const std::stop_token& stop) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            log_.warn("Notifications about the bucket were lost; looking at all of it.");
            must_scan_ = true;
            return;
        }
        const auto folder = folders_.find(event.wd);
        if (folder == folders_.end()) return;
        if ((event.mask & IN_IGNORED) != 0) {
            folders_.erase(folder);
            return;
        }
        const std::string path = join(folder->second, name);
        if ((event.mask & IN_ISDIR) != 0) {
            if ((event.mask & IN_MOVED_FROM) != 0) forget_folder(path);
            if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) scan_folder(path, stop);
            return;
        }
        if ((event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) return tell(path);
        // A hard link is created complete, and never closed.
        if ((event.mask & IN_CREATE) != 0 && has_several_names(path)) candidates_.insert(path);
    }

    [[nodiscard]] bool has_several_names(const std::string& path) const {
        struct stat file{};
        return ::lstat((settings_.folder / path).c_str(), &file) == 0 && file.st_nlink > 1;
    }

    /// A folder that was moved away keeps its watches, under names that are no longer true.
    void forget_folder(const std::string& path) {
        for (const auto& [watch, folder] : folders_) {
            if (folder == path || folder.starts_with(path + '/')) {
                ::inotify_rm_watch(inotify_.get(), watch);
            }
        }
        std::erase_if(folders_, [&](const auto& entry) {
            return entry.second == path || entry.second.starts_with(path + '/');
        });
    }

    // ---- looking

    /// Watches first and looks then: what appears in between is seen twice, never missed.
    void scan_folder(const std::string& path, const std::stop_token& stop) {
        if (is_unfinished_key(path) || is_result_key(path + '/')) return;
        const fs::path full = settings_.folder / path;
        const int watch = ::inotify_add_watch(inotify_.get(), full.c_str(), kWatched);
        if (watch < 0) {
            if (errno == ENOENT || errno == ENOTDIR) return;  // Gone again, or a link.
            return log_.error(
                "A folder of the bucket cannot be watched; files put there are only "
                "seen at the next start. Raise fs.inotify.max_user_watches.",
                {{"file.path", full.string()}, {"error.message", std::strerror(errno)}});
        }
        folders_[watch] = path;
        std::error_code error;
        for (fs::directory_iterator entry(full, error), end; !error && entry != end;
             entry.increment(error)) {
            if (stop.stop_requested()) return;
            std::error_code gone;
            const auto status = entry->symlink_status(gone);
            if (gone) continue;
            const std::string child = join(path, entry->path().filename().native());
            if (fs::is_directory(status)) scan_folder(child, stop);
            if (fs::is_regular_file(status)) consider(child);
        }
    }

    /// A file that was found: complete, or to be looked at again.
    void consider(const std::string& path) {
        if (is_complete(path)) return tell(path);
        candidates_.insert(path);
    }

    [[nodiscard]] bool is_complete(const std::string& path) const {
        const fs::path full = settings_.folder / path;
        if (const auto is_open = is_open_for_writing(full)) return !*is_open;
        struct stat file{};
        if (::lstat(full.c_str(), &file) != 0) return true;  // Gone; whoever is told sees that.
        const auto changed = std::chrono::sys_time<std::chrono::nanoseconds>(
            std::chrono::seconds(file.st_mtim.tv_sec) +
            std::chrono::nanoseconds(file.st_mtim.tv_nsec));
        const auto age = clock_.now() - changed;
        // A time in the future cannot grow old.
        return age >= settings_.settle_time || age < -settings_.settle_time;
    }

    void check_candidates() {
        const std::set<std::string> candidates = std::exchange(candidates_, {});
        for (const std::string& path : candidates) consider(path);
    }

    void tell(const std::string& path) {
        candidates_.erase(path);
        if (is_result_key(path) || is_unfinished_key(path)) return;
        if (auto valid = check_key(path); !valid) {
            return log_.warn("A file in the bucket cannot be imported.", valid.error());
        }
        on_object_(path);
    }

    const WatchSettings settings_;
    const Clock& clock_;
    telemetry::Log& log_;
    const OnObject on_object_;
    const Descriptor inotify_;
    const Descriptor wake_;
    std::atomic<bool> must_scan_ = true;
    std::map<int, std::string> folders_;  ///< By watch; relative, empty for the bucket's own.
    std::set<std::string> candidates_;    ///< Found, but perhaps still being written.
    std::jthread thread_;
};

Result<std::unique_ptr<BucketWatcher>> BucketWatcher::start(WatchSettings settings,
                                                            const Clock& clock, telemetry::Log& log,
                                                            OnObject on_object) {
    auto implementation =
        std::make_unique<Implementation>(std::move(settings), clock, log, std::move(on_object));
    if (auto started = implementation->start(); !started) return std::unexpected(started.error());
    return std::unique_ptr<BucketWatcher>(new BucketWatcher(std::move(implementation)));
}

BucketWatcher::BucketWatcher(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {
}

BucketWatcher::~BucketWatcher() = default;

void BucketWatcher::rescan() {
    implementation_->rescan();
}

}  // namespace tributary::gateway
