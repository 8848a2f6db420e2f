#include "lambda_runtime/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace tributary::lambda_runtime {

Mailbox::Mailbox() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
}

Mailbox::~Mailbox() {
    ::close(fd_);
}

void Mailbox::wake() const {
    ::eventfd_write(fd_, 1);
}

void Mailbox::post(Work work) {
    {
        const std::scoped_lock lock(mutex_);
        letters_.work.push_back(std::move(work));
    }
    wake();
}

void Mailbox::post(RuntimeCall call) {
    {
        const std::scoped_lock lock(mutex_);
        letters_.calls.push_back(std::move(call));
    }
    wake();
}

void Mailbox::post_stop(std::chrono::milliseconds grace) {
    {
        const std::scoped_lock lock(mutex_);
        letters_.stop = grace;
    }
    wake();
}

Mailbox::Letters Mailbox::take() {
    eventfd_t ignored = 0;
    ::eventfd_read(fd_, &ignored);
    const std::scoped_lock lock(mutex_);
    return std::exchange(letters_, Letters{});
}

}  // namespace tributary::lambda_runtime
