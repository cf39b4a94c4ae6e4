// SPDX-License-Identifier: MIT
#include "base/child_process.h"

#include "base/child.h"
#include "base/error.h"
#include "base/stop.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t max_output = 64 * 1024;
constexpr std::chrono::seconds grace(5);
/// What a child may take once a stop is requested: with `grace`, less than "serve" waits for a
/// pass.
constexpr std::chrono::seconds stop_grace(20);
constexpr std::int64_t longest_poll_ms = 1000; // the signal may have come to another thread

/// Collects the output; what is beyond the limit is read, too, lest the child block.
class Output {
public:
    explicit Output(Fd fd) : fd_(std::move(fd)) { ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK); }

    /// -1 once all that had it open have closed it.
    int fd() const { return fd_.get(); }
    bool at_end() const { return !fd_; }
    std::string take() { return std::move(text_); }

    void read()
    {
        if (!fd_)
            return;
        const Available available = read_available(fd_.get(), 64);
        text_.append(available.text, 0, max_output - text_.size());
        if (available.at_end)
            fd_.reset();
    }

private:
    Fd fd_;
    std::string text_;
};

enum class Until { child_ended, child_ended_and_output_closed };

/// Reads output until the child has ended, or until `end`; while only the child is waited for, a
/// stop that is requested brings the end near. False: it still runs.
bool follow(const Child &child, Output &output, SteadyTime end, Until until)
{
    bool ended = false, stopping = false;
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        if (until == Until::child_ended && stop_requested() && !stopping)
            end = std::min(end, now + stop_grace);
        if (until == Until::child_ended && stop_insisted())
            end = std::min(end, now);
        stopping = stop_requested();
        pollfd events[2] = {{ended ? -1 : child.fd(), POLLIN, 0}, {output.fd(), POLLIN, 0}};
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        const auto timeout = std::clamp<std::int64_t>(left.count(), 0, longest_poll_ms);
        if (::poll(events, 2, static_cast<int>(timeout)) < 0 && errno != EINTR)
            throw_errno("wait for a child process");
        ended = ended || events[0].revents != 0;
        output.read();
        if (ended && (until == Until::child_ended || output.at_end()))
            return true;
        if (left.count() <= 0)
            return ended;
    }
}

}

ChildResult run_child(const std::vector<std::string> &argv,
                      const std::vector<std::string> &environment, std::chrono::milliseconds limit,
                      const BeforeExec &before_exec)
{
    const SteadyTime end = std::chrono::steady_clock::now() + limit;
    Child child(argv, environment, before_exec);
    Output output(child.take_output());
    const bool in_time = follow(child, output, end, Until::child_ended);
    const bool stopped = !in_time && std::chrono::steady_clock::now() < end;
    if (!in_time) {
        child.signal_group(SIGTERM);
        // Programs that the child has started may clean up, too: they share its output.
        follow(child, output, std::chrono::steady_clock::now() + grace,
               Until::child_ended_and_output_closed);
        child.signal_group(SIGKILL);
    }
    const int status = child.wait();
    const auto ending = stopped             ? ChildResult::End::stopped
                        : !in_time          ? ChildResult::End::timed_out
                        : WIFEXITED(status) ? ChildResult::End::exited
                                            : ChildResult::End::killed_by_signal;
    return {ending, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), output.take()};
}

std::string to_text(const ChildResult &result)
{
    switch (result.end) {
    case ChildResult::End::exited:
        return "exit status " + std::to_string(result.code);
    case ChildResult::End::timed_out:
        return "timed out";
    case ChildResult::End::stopped:
        return "stopped";
    case ChildResult::End::killed_by_signal:
        break;
    }
    const char *name = ::sigdescr_np(result.code);
    return "killed by signal " + std::to_string(result.code) + " (" + (name ? name : "unknown") +
           ")";
}

}
