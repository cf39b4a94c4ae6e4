// SPDX-License-Identifier: MIT
#include "base/log.h"

#include "base/text.h"

#include <cerrno>
#include <mutex>
#include <syslog.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

struct State {
    std::mutex mutex;
    const char *name = "acmeproxy";
    LogTarget target = LogTarget::standard_error;
    LogLevel least = LogLevel::info;
    std::string progress;
};

State &state()
{
    static State instance;
    return instance;
}

int syslog_priority(LogLevel level)
{
    switch (level) {
    case LogLevel::error:
        return LOG_ERR;
    case LogLevel::warning:
        return LOG_WARNING;
    case LogLevel::info:
        return LOG_INFO;
    case LogLevel::debug:
        return LOG_DEBUG;
    }
    return LOG_ERR;
}

void write_all(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; // there is nowhere to complain to
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

constexpr std::string_view erase_line = "\r\033[K";

}

void set_up_log(const char *name, LogTarget target, LogLevel least)
{
    State &log = state();
    const std::lock_guard guard(log.mutex);
    log.name = name;
    log.target = target;
    log.least = least;
    if (target == LogTarget::syslog)
        ::openlog(name, LOG_PID, LOG_DAEMON);
}

void log(LogLevel level, std::string_view text)
{
    State &log = state();
    const std::string line = printable(text, 8000);
    const std::lock_guard guard(log.mutex);
    if (level > log.least)
        return;
    if (log.target == LogTarget::syslog) {
        ::syslog(syslog_priority(level), "%s", line.c_str());
        return;
    }
    std::string whole(log.progress.empty() ? "" : erase_line);
    whole += std::string(log.name) + ": " + line + "\n" + log.progress;
    write_all(whole);
}

void show_progress(const std::string &text)
{
    State &log = state();
    const std::lock_guard guard(log.mutex);
    if (!::isatty(STDERR_FILENO) || (text.empty() && log.progress.empty()))
        return;
    log.progress = text.empty() ? "" : printable(text, 78);
    write_all(std::string(erase_line) + log.progress);
}

}
