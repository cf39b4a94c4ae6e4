// SPDX-License-Identifier: MIT
#include "serve/process.h"

#include "base/error.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

constexpr int first_passed = 3; // SD_LISTEN_FDS_START
constexpr std::size_t max_line = 8192;
constexpr int digits_of_pid = 10;

/// After fork(2): the number must be the child's own.
void write_pid(char *digits)
{
    long pid = ::getpid();
    for (int i = digits_of_pid - 1; i >= 0; --i, pid /= 10)
        digits[i] = static_cast<char>('0' + pid % 10);
}

/// `digits` is where LISTEN_PID's value stands in the environment, or nullptr.
BeforeExec inheritance(const Launch &launch, char *digits)
{
    return [&launch, digits] {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (launch.standard_input >= 0 && ::dup2(launch.standard_input, STDIN_FILENO) < 0)
            return false;
        for (std::size_t i = 0; i < launch.sockets.size(); ++i) {
            if (::dup2(launch.sockets[i], first_passed + static_cast<int>(i)) < 0)
                return false;
        }
        if (digits)
            write_pid(digits);
        if (launch.umask)
            ::umask(*launch.umask);
        return true;
    };
}

std::unique_ptr<Child> start(const Launch &launch)
{
    if (launch.sockets.size() > static_cast<std::size_t>(max_passed_sockets))
        throw Error(fmt::format("start {}: {} addresses to listen on, where {} are the most",
                                launch.argv.front(), launch.sockets.size(), max_passed_sockets));
    std::vector<std::string> environment = launch.environment;
    char *digits = nullptr;
    if (!launch.sockets.empty()) {
        const std::string name = "LISTEN_PID=";
        environment.push_back("LISTEN_FDS=" + std::to_string(launch.sockets.size()));
        environment.push_back(name + std::string(digits_of_pid, '0'));
        digits = environment.back().data() + name.size();
    }
    return std::make_unique<Child>(launch.argv, environment, inheritance(launch, digits));
}

}

Process::Process(EventLoop &loop, const Launch &launch, OnLine on_line, OnEnd on_end)
    : loop_(loop), on_line_(std::move(on_line)), on_end_(std::move(on_end)), child_(start(launch)),
      output_(child_->take_output()), started_(std::chrono::steady_clock::now())
{
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    loop_.watch(output_.get(), [this] { read_output(); });
    loop_.watch(child_->fd(), [this] { end(); });
}

Process::~Process()
{
    if (output_)
        loop_.forget(output_.get());
    loop_.forget(child_->fd());
}

void Process::read_output()
{
    const Available available = read_available(output_.get(), 16);
    unfinished_ += available.text;
    take_lines();
    if (available.at_end) {
        loop_.forget(output_.get());
        output_.reset();
    }
}

void Process::take_lines()
{
    for (;;) {
        const std::size_t end = unfinished_.find('\n');
        if (end == std::string::npos && unfinished_.size() < max_line)
            return;
        const std::string line = unfinished_.substr(0, std::min(end, max_line));
        unfinished_.erase(0, end == std::string::npos ? max_line : end + 1);
        on_line_(line);
    }
}

void Process::end()
{
    if (output_)
        read_output();
    if (!unfinished_.empty())
        on_line_(unfinished_);
    unfinished_.clear();
    loop_.forget(child_->fd());
    const int status = child_->wait();
    const OnEnd on_end = std::move(on_end_);
    on_end(status); // this object may be gone now
}

LowDescriptors::LowDescriptors()
{
    do {
        held_.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!held_.back())
            throw_errno("open /dev/null");
    } while (held_.back().get() < first_passed + max_passed_sockets);
}

std::string status_text(int status)
{
    const bool exited = WIFEXITED(status);
    return to_text(
        ChildResult{exited ? ChildResult::End::exited : ChildResult::End::killed_by_signal,
                    exited ? WEXITSTATUS(status) : WTERMSIG(status),
                    {}});
}

}
