// SPDX-License-Identifier: MIT
#include "cgi/listener.h"

#include "base/error.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

namespace acmeproxy {

namespace {

Fd block_stop_signals()
{
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
        ::sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Fd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd)
        throw_errno("make a descriptor for signals");
    return fd;
}

void watch(int epoll, int fd, std::uint32_t events)
{
    epoll_event event = {};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        throw_errno("watch descriptor " + std::to_string(fd));
}

bool is_listening(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

bool variable_is(const char *name, const std::string &value)
{
    const char *const found = std::getenv(name);
    return found && found == value;
}

}

StopSignal::StopSignal() : fd_(block_stop_signals()) {}

bool StopSignal::wait_for(int milliseconds) const
{
    // Nobody reads the signal from the descriptor, so it stays readable for every thread.
    pollfd signal = {fd_.get(), POLLIN, 0};
    return ::poll(&signal, 1, milliseconds) > 0;
}

void StopSignal::wait() const
{
    while (!wait_for(-1)) {
    }
}

Listener::Listener(int socket_fd, const StopSignal &stop)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), stop_fd_(stop.fd())
{
    if (!epoll_)
        throw_errno("make a descriptor for waiting");
    const int flags = ::fcntl(socket_fd, F_GETFL);
    if (flags < 0 || ::fcntl(socket_fd, F_SETFL, flags | O_NONBLOCK) != 0)
        throw_errno("make the socket non-blocking");
    // EPOLLEXCLUSIVE: one connection wakes one thread of one process.
    watch(epoll_.get(), socket_fd, EPOLLIN | EPOLLEXCLUSIVE);
    watch(epoll_.get(), stop_fd_, EPOLLIN);
}

bool Listener::wait() const
{
    for (;;) {
        epoll_event events[2];
        const int count = ::epoll_wait(epoll_.get(), events, 2, -1);
        if (count < 0 && errno != EINTR)
            throw_errno("wait for a connection");
        for (int i = 0; i < count; ++i)
            if (events[i].data.fd == stop_fd_)
                return false;
        if (count > 0)
            return true;
    }
}

int inherited_socket()
{
    constexpr int first_of_systemd = 3;
    if (variable_is("LISTEN_FDS", "1") && variable_is("LISTEN_PID", std::to_string(::getpid())) &&
        is_listening(first_of_systemd))
        return first_of_systemd;
    return is_listening(STDIN_FILENO) ? STDIN_FILENO : -1;
}

}
