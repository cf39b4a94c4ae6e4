// SPDX-License-Identifier: MIT
#include "serve/notify.h"

#include "base/fd.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

std::string take_variable(const char *name)
{
    const char *const value = std::getenv(name);
    const std::string text = value ? value : "";
    ::unsetenv(name);
    return text;
}

std::optional<std::int64_t> number(const std::string &text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value <= 0)
        return std::nullopt;
    return value;
}

}

ServiceManager::ServiceManager() : socket_(take_variable("NOTIFY_SOCKET"))
{
    const auto microseconds = number(take_variable("WATCHDOG_USEC"));
    const std::string pid = take_variable("WATCHDOG_PID");
    const bool is_for_us = pid.empty() || pid == std::to_string(::getpid());
    if (microseconds && is_for_us)
        interval_ = std::chrono::milliseconds(*microseconds / 1000 / 2);
}

void ServiceManager::tell(const std::string &lines) const
{
    sockaddr_un address = {};
    if (socket_.size() < 2 || socket_.size() >= sizeof address.sun_path ||
        (socket_[0] != '/' && socket_[0] != '@'))
        return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@')
        address.sun_path[0] = '\0'; // an abstract socket, unix(7)
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (fd)
        ::sendto(fd.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr *>(&address), size);
}

std::string monotonic_line()
{
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return "MONOTONIC_USEC=" +
           std::to_string(static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000);
}

}
