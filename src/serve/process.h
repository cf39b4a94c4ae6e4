// SPDX-License-Identifier: MIT
// A program that runs below the event loop: what it says comes line by line, its end as a status.
// It ends when this object goes, and by SIGTERM when we end without having told it.
#pragma once

#include "base/child.h"
#include "serve/event_loop.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace acmeproxy {

/// What to start, and what it inherits.
struct Launch {
    std::vector<std::string> argv; ///< begins with a path
    std::vector<std::string> environment;
    int standard_input = -1;          ///< a descriptor, or -1 for /dev/null
    std::vector<int> sockets;         ///< passed as sd_listen_fds(3) has it, from descriptor 3 on
    std::optional<mode_t> umask = {}; ///< none: ours
};

/// How many sockets a program may be passed.
constexpr int max_passed_sockets = 16;

class Process {
public:
    using OnLine = std::function<void(const std::string &line)>;
    /// With a status as from waitpid(2). The Process may be destroyed by it.
    using OnEnd = std::function<void(int status)>;

    /// Throws std::system_error where it cannot be started.
    Process(EventLoop &loop, const Launch &launch, OnLine on_line, OnEnd on_end);
    ~Process();
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;

    /// To it and whatever is in its process group.
    void signal(int number) const { child_->signal_group(number); }
    std::chrono::steady_clock::time_point started() const { return started_; }

private:
    void read_output();
    void take_lines();
    void end();

    EventLoop &loop_;
    OnLine on_line_;
    OnEnd on_end_;
    std::unique_ptr<Child> child_;
    Fd output_;
    std::string unfinished_; ///< a line without its end
    std::chrono::steady_clock::time_point started_;
};

/// Holds low descriptors, so that what is opened from now on lies above those that a program is
/// passed its sockets as: putting them in place closes nothing that is still needed.
class LowDescriptors {
public:
    LowDescriptors();

private:
    std::vector<Fd> held_;
};

/// "exit status 3", "killed by signal 9 (Killed)".
std::string status_text(int status);

}
