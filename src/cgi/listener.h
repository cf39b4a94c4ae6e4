// SPDX-License-Identifier: MIT
// Waits for two things at once: a connection on the socket that the web server, spawn-fcgi or
// systemd handed to us, and the signal to stop (SIGTERM, SIGINT; SIGUSR1, as FastCGI servers send
// it). The signals are blocked and seen as a readable descriptor: none is lost between a check and
// accept(2), and none interrupts a request in hand.
//
// The socket becomes non-blocking, for all who share it: several may wait for one connection, and
// those who come too late must go on waiting for the signal.
#pragma once

#include "base/fd.h"

namespace acmeproxy {

/// Blocks the stop signals in this thread and those it starts; make one before any thread.
class StopSignal {
public:
    StopSignal();
    int fd() const { return fd_.get(); }
    /// Returns when a signal has come, which then is seen by all for ever.
    void wait() const;
    /// Waits that long at most. True: a signal has come.
    bool wait_for(int milliseconds) const;

private:
    Fd fd_;
};

/// One a thread.
class Listener {
public:
    Listener(int socket_fd, const StopSignal &stop);
    /// Waits until accept(2) is worth a try. False: it is time to stop.
    bool wait() const;

private:
    Fd epoll_;
    int stop_fd_;
};

/// Fd 3 where systemd says that it passed one socket to this very process (sd_listen_fds(3)),
/// else fd 0 as FastCGI has it; -1 where that is no listening socket: the program runs as plain
/// CGI.
int inherited_socket();

}
