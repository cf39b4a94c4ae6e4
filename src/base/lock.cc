// SPDX-License-Identifier: MIT
#include "base/lock.h"

#include "base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <thread>

namespace acmeproxy {

std::optional<Lock> Lock::take(const Dir &dir, const std::string &relative,
                               std::chrono::milliseconds wait)
{
    Fd fd = dir.open_file(relative, O_RDWR | O_CREAT, 0600);
    if (!fd)
        throw_errno("open " + dir.path_of(relative), ENOENT);
    const auto end = std::chrono::steady_clock::now() + wait;
    for (;;) {
        struct flock lock = {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0)
            return Lock(std::move(fd));
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            throw_errno("lock " + dir.path_of(relative));
        // Polling, since a blocking OFD lock cannot be given a time limit.
        if (std::chrono::steady_clock::now() >= end)
            return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}
