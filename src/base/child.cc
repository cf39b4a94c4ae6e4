// SPDX-License-Identifier: MIT
#include "base/child.h"

#include "base/error.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

constexpr int exit_refused = 126;

struct Pipe {
    Fd read_end;
    Fd write_end;
};

/// Above the standard descriptors, where dup2(2) to them cannot meet its own source.
Fd above_standard(Fd fd)
{
    if (fd.get() > STDERR_FILENO)
        return fd;
    Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved)
        throw_errno("duplicate a descriptor");
    return moved;
}

Pipe make_pipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw_errno("make a pipe");
    Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    return {above_standard(std::move(read_end)), above_standard(std::move(write_end))};
}

Fd open_null()
{
    Fd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!fd)
        throw_errno("open /dev/null");
    return above_standard(std::move(fd));
}

/// What execve(2) wants; made before the fork, since nothing may be allocated after it.
std::vector<char *> pointers(const std::vector<std::string> &texts)
{
    std::vector<char *> result;
    for (const std::string &text : texts)
        result.push_back(const_cast<char *>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

/// What the child needs of what was prepared before the fork.
struct Plan {
    std::vector<char *> argv;
    std::vector<char *> environment;
    const BeforeExec &before_exec;
    int null;
    int output;
    int failure;
};

/// Signals as a new program expects them: an ignored signal (our SIGPIPE) would stay ignored.
void reset_signals()
{
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        ::sigaction(signal, &action, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

/// Runs in the child, where only async-signal-safe calls are allowed.
[[noreturn]] void become(const Plan &plan)
{
    ::setpgid(0, 0);
    reset_signals();
    const bool ready = ::dup2(plan.null, STDIN_FILENO) >= 0 &&
                       ::dup2(plan.output, STDOUT_FILENO) >= 0 &&
                       ::dup2(plan.output, STDERR_FILENO) >= 0 && ::chdir("/") == 0;
    if (ready) {
        // Whoever started us may have left descriptors open; an old kernel may not know the call.
        ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        if (plan.before_exec && !plan.before_exec())
            ::_exit(exit_refused);
        ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
    }
    const int err = errno;
    [[maybe_unused]] const ssize_t written = ::write(plan.failure, &err, sizeof err);
    ::_exit(exit_refused);
}

pid_t fork_into(const Plan &plan)
{
    // No handler of ours may run in the child before it has reset them.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0)
        become(plan);
    const int err = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0)
        throw_errno("fork", err);
    return pid;
}

/// Waits for the end of file that a successful execve(2) makes, or for the reason of its failure.
void check_started(const Fd &failure, const std::string &program)
{
    int err = 0;
    ssize_t got = 0;
    do
        got = ::read(failure.get(), &err, sizeof err);
    while (got < 0 && errno == EINTR);
    if (got == sizeof err)
        throw_errno("start " + program, err);
}

}

Available read_available(int fd, int most_blocks)
{
    Available available;
    std::array<char, 4096> block;
    for (int i = 0; i < most_blocks; ++i) {
        const ssize_t got = ::read(fd, block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            available.at_end = true;
            break;
        }
        available.text.append(block.data(), static_cast<std::size_t>(got));
    }
    return available;
}

Child::Child(const std::vector<std::string> &argv, const std::vector<std::string> &environment,
             const BeforeExec &before_exec)
{
    if (argv.empty())
        throw_errno("start a program without a name", EINVAL);
    const Fd null = open_null();
    Pipe output = make_pipe();
    Pipe failure = make_pipe();
    pid_ = fork_into({pointers(argv), pointers(environment), before_exec, null.get(),
                      output.write_end.get(), failure.write_end.get()});
    output_ = std::move(output.read_end);
    failure.write_end.reset();
    try {
        check_started(failure.read_end, argv[0]);
        // glibc 2.36 declares pidfd_open(3) for C only.
        pid_fd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        if (!pid_fd_)
            throw_errno("watch " + argv[0]);
    } catch (...) {
        end(); // no destructor runs for a half-made object
        throw;
    }
}

Child::~Child()
{
    if (pid_ > 0)
        end();
}

void Child::signal_group(int signal) const
{
    ::kill(-pid_, signal);
}

int Child::wait()
{
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

void Child::end() noexcept
{
    signal_group(SIGKILL);
    wait();
}

}
