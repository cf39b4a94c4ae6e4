// SPDX-License-Identifier: MIT
// A child process from fork(2) to waitpid(2), for child_process.h: started in a process group of
// its own, and killed with that group and waited for, whatever happens to its owner.
#pragma once

#include "base/child_process.h"
#include "base/fd.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace acmeproxy {

/// What a pipe holds at this moment.
struct Available {
    std::string text;
    bool at_end = false; ///< all that had it open for writing have closed it, or it cannot be read
};
/// Reads from a descriptor that does not block, `most_blocks` of 4 KiB at most: one that never
/// stops talking must not keep its reader from all else.
Available read_available(int fd, int most_blocks);

class Child {
public:
    /// Returns when the program runs; throws std::system_error where it cannot be started.
    Child(const std::vector<std::string> &argv, const std::vector<std::string> &environment,
          const BeforeExec &before_exec);
    ~Child();
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    /// Readable once the child has ended.
    int fd() const { return pid_fd_.get(); }
    /// The end to read of its standard output and error; once.
    Fd take_output() { return std::move(output_); }
    void signal_group(int signal) const;
    /// The status of a child that has ended, as from waitpid(2); once.
    int wait();

private:
    void end() noexcept;

    pid_t pid_ = -1;
    Fd pid_fd_;
    Fd output_;
};

}
