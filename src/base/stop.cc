// SPDX-License-Identifier: MIT
#include "base/stop.h"

#include "base/error.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

std::atomic<bool> stopped{false};
std::atomic<bool> insisted{false};
// A pipe whose read end becomes readable for ever: every sleeper polls it.
int wake_pipe[2] = {-1, -1};

void on_signal(int)
{
    request_stop();
}

}

void catch_stop_signals()
{
    if (wake_pipe[0] < 0 && ::pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        throw_errno("make a pipe");
    struct sigaction action = {};
    action.sa_handler = on_signal;
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
}

void request_stop()
{
    const int err = errno;
    insisted = stopped.exchange(true) || insisted;
    if (wake_pipe[1] >= 0) {
        // One byte is enough for all, and a full pipe is as good.
        [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], "", 1);
    }
    errno = err;
}

bool stop_requested()
{
    return stopped;
}

bool stop_insisted()
{
    return insisted;
}

bool sleep_unless_stopped(std::chrono::milliseconds duration)
{
    const auto end = std::chrono::steady_clock::now() + duration;
    while (!stopped) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return true;
        pollfd wake = {wake_pipe[0], POLLIN, 0};
        ::poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1 << 30)));
    }
    return false;
}

}
