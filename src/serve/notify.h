// SPDX-License-Identifier: MIT
// Tells the service manager how we are: the protocol of sd_notify(3), a datagram of "NAME=value"
// lines to the socket in NOTIFY_SOCKET. Without that variable nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace acmeproxy {

class ServiceManager {
public:
    /// Looks at NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (sd_watchdog_enabled(3)) of this
    /// process and takes them out of its environment: children must not speak for us.
    ServiceManager();

    /// "READY=1\nSTATUS=serving". A failure is not an error: there is nobody to tell.
    void tell(const std::string &lines) const;
    /// As often as "WATCHDOG=1" is to be told; nullopt: nobody watches.
    std::optional<std::chrono::milliseconds> watchdog_interval() const { return interval_; }

private:
    std::string socket_;
    std::optional<std::chrono::milliseconds> interval_;
};

/// "MONOTONIC_USEC=N", which goes with "RELOADING=1".
std::string monotonic_line();

}
