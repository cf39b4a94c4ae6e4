// SPDX-License-Identifier: MIT
// Runs a program without a shell, in a process group of its own, with nothing inherited but what
// is given: for hooks. A descriptor never leaks into it (all of ours are O_CLOEXEC).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace acmeproxy {

struct ChildResult {
    enum class End {
        exited,
        killed_by_signal,
        timed_out,
        stopped, ///< a stop was requested (base/stop.h), and it did not end in time
    };
    End end;
    int code;           ///< exit status, or signal number
    std::string output; ///< standard output and error together, the first 64 KiB
};

/// What the child does between fork and exec, as for taking back a right: async-signal-safe calls
/// only; false makes the child exit with 126.
using BeforeExec = std::function<bool()>;

/// `argv[0]` is the path of the program; `environment` is all of it ("NAME=value"). Standard input
/// is /dev/null, the working folder is "/". At `limit`, or 20 s after a stop was requested (at once
/// when it is requested twice), the whole process group gets SIGTERM and 5 s later SIGKILL. Throws
/// std::system_error where the program cannot be started.
ChildResult run_child(const std::vector<std::string> &argv,
                      const std::vector<std::string> &environment, std::chrono::milliseconds limit,
                      const BeforeExec &before_exec = {});

/// "exit status 3", "killed by signal 9 (Killed)", "timed out", "stopped".
std::string to_text(const ChildResult &result);

}
