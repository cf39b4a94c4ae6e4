// SPDX-License-Identifier: MIT
#include "base/log.h"

#include "base/text.h"

#include <cerrno>
#include <ctime>
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
    LogFormat format = LogFormat::text;
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
constexpr std::size_t max_text = 8000;

const char *to_text(LogLevel level)
{
    switch (level) {
    case LogLevel::error:
        return "error";
    case LogLevel::warning:
        return "warning";
    case LogLevel::info:
        return "info";
    case LogLevel::debug:
        return "debug";
    }
    return "error";
}

/// A string of JSON. printable() has let no control character and no bad UTF-8 through.
std::string json_string(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + "\"";
}

/// By the C library alone: this file is part of challenge.fcgi.
std::string time_text()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts = {};
    ::gmtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

constexpr std::string_view json_start = "{\"time\":\"";

std::string json_line(std::string_view program, LogLevel level, std::string_view text)
{
    return std::string(json_start) + time_text() + "\",\"level\":\"" + to_text(level) +
           "\",\"program\":" + json_string(program) + ",\"message\":" + json_string(text) + "}";
}

void write_line(const State &log, std::string_view line)
{
    std::string whole(log.progress.empty() ? "" : erase_line);
    whole.append(line).append("\n").append(log.progress);
    write_all(whole);
}

}

void set_up_log(const char *name, LogTarget target, LogLevel least, LogFormat format)
{
    State &log = state();
    const std::lock_guard guard(log.mutex);
    log.name = name;
    log.target = target;
    log.least = least;
    log.format = format;
    if (target == LogTarget::syslog)
        ::openlog(name, LOG_PID, LOG_DAEMON);
}

void log(LogLevel level, std::string_view text)
{
    log_for(state().name, level, text);
}

void log_for(std::string_view program, LogLevel level, std::string_view text)
{
    State &log = state();
    const std::string line = printable(text, max_text);
    const std::lock_guard guard(log.mutex);
    if (level > log.least)
        return;
    if (log.target == LogTarget::syslog) {
        const bool is_ours = program == log.name;
        ::syslog(syslog_priority(level), "%s",
                 (is_ours ? line : std::string(program) + ": " + line).c_str());
    } else if (log.format == LogFormat::json) {
        write_line(log, json_line(program, level, line));
    } else {
        write_line(log, std::string(program) + ": " + line);
    }
}

void relay_log(std::string_view program, std::string_view line)
{
    const std::string prefix = std::string(program) + ": ";
    const bool is_text = line.starts_with(prefix);
    const bool is_json = line.starts_with(json_start);
    State &log = state();
    {
        const std::lock_guard guard(log.mutex);
        const bool is_ready = log.format == LogFormat::json ? is_json : is_text;
        if (is_ready && log.target == LogTarget::standard_error) {
            write_line(log, printable(line, max_text + 500));
            return;
        }
    }
    log_for(program, LogLevel::warning, is_text ? line.substr(prefix.size()) : line);
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
