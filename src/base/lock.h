// SPDX-License-Identifier: MIT
// Kernel locks (fcntl open file description locks, Linux 3.15) on files that are never replaced.
// They end with the process however it ends, exclude descriptors of one process from each other,
// so threads too, and work over NFSv4. After taking one, ask again if the work is still needed.
#pragma once

#include "base/dir.h"

#include <chrono>
#include <optional>

namespace acmeproxy {

class Lock {
public:
    /// Makes the file (mode 0600) where it is missing, and locks it. nullopt: another holds it,
    /// still after `wait`.
    static std::optional<Lock> take(const Dir &dir, const std::string &relative,
                                    std::chrono::milliseconds wait = {});

private:
    explicit Lock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}
