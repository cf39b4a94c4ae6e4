// SPDX-License-Identifier: MIT
#include "cli/renew_run.h"

#include "base/error.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/build_paths.h"
#include "cli/context.h"
#include "crypto/guarded_memory.h"
#include "renew/deploy.h"
#include "renew/pass.h"
#include "spool/owner.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

/// What the child tells of its pass: numbers on a line, then names.
std::string to_text(const PassResult &result)
{
    std::string text = fmt::format("{} {} {} {}\n", result.looked_at, result.obtained,
                                   result.failed, result.deferred);
    for (const LineageName &name : result.to_deploy)
        text += name.str() + "\n";
    return text;
}

PassResult parse_pass_result(const std::string &text)
{
    const std::vector<std::string> lines = split(text, '\n');
    const std::vector<std::string> numbers = split(lines.front(), ' ');
    if (numbers.size() != 4 || !text.ends_with('\n'))
        throw Error("the pass ended before it could tell its result");
    PassResult result;
    result.looked_at = std::stoi(numbers[0]);
    result.obtained = std::stoi(numbers[1]);
    result.failed = std::stoi(numbers[2]);
    result.deferred = std::stoi(numbers[3]);
    for (std::size_t i = 1; i + 1 < lines.size(); ++i)
        result.to_deploy.push_back(LineageName::parse(lines[i]));
    return result;
}

void write_all(int fd, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t size = ::write(fd, text.data(), text.size());
        if (size < 0 && errno != EINTR)
            throw_errno("tell the result of the pass");
        if (size > 0)
            text.remove_prefix(static_cast<std::size_t>(size));
    }
}

[[noreturn]] void be_the_child(int fd, const std::string &base, const SpoolOwner &owner,
                               const RenewOptions &options)
{
    int status = 1;
    try {
        // From "acting as" to "being": the way goes through root.
        const BeforeExec root = regain_root();
        if (root && !root())
            throw_errno("take root's rights back");
        become(owner);
        const Spool spool(base);
        write_all(fd, to_text(run_pass(spool, options, system_clock())));
        status = 0;
    } catch (...) {
        log_error(describe_current());
    }
    ::_exit(status);
}

/// A stop that this process was asked for reaches the child, too.
std::string read_from_child(int fd, pid_t child)
{
    std::string text;
    char block[4096];
    bool told = false;
    for (;;) {
        const ssize_t size = ::read(fd, block, sizeof block);
        if (size > 0)
            text.append(block, static_cast<std::size_t>(size));
        if (size == 0)
            return text;
        if (size < 0 && errno != EINTR)
            throw_errno("read the result of the pass");
        if (stop_requested() && !told) {
            ::kill(child, SIGTERM);
            told = true;
        }
    }
}

int wait_for(pid_t child)
{
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            throw_errno("wait for the pass");
    }
    return status;
}

PassResult run_pass_in_child(const std::string &base, const SpoolOwner &owner,
                             const RenewOptions &options)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw_errno("make a pipe");
    Fd reader(ends[0]);
    Fd writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        throw_errno("start the pass as " + owner.name);
    if (child == 0) {
        reader.reset();
        be_the_child(writer.get(), base, owner, options);
    }
    writer.reset();
    const std::string text = read_from_child(reader.get(), child);
    const int status = wait_for(child);
    if (WIFSIGNALED(status))
        throw Error(fmt::format("the pass was killed by signal {}", WTERMSIG(status)));
    if (status != 0) { // it has said why
        PassResult nothing;
        nothing.failed = 1;
        return nothing;
    }
    return parse_pass_result(text);
}

}

Spool open_spool_for_hooks(const Invocation &invocation)
{
    const std::string base = spool_folder(invocation);
    make_spool(base);
    act_as(*owner_of(base));
    return Spool(base);
}

RunResult renew_and_deploy(const Spool &spool, const RenewOptions &options,
                           const HookOptions &hooks)
{
    const std::string base = spool.dir().path();
    const auto owner = owner_of(base);
    forbid_core_files();
    const bool is_split = is_root() && owner && owner->uid != 0;
    const PassResult pass = is_split ? run_pass_in_child(base, *owner, options)
                                     : run_pass(spool, options, system_clock());
    RunResult result{pass.obtained, pass.failed, pass.deferred};
    if (!stop_requested())
        result.failed +=
            deploy(spool, pass.to_deploy, hooks, system_clock(), options.random).failed;
    return result;
}

}
