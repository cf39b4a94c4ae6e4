// SPDX-License-Identifier: MIT
// One line an event, to standard error ("acmeproxy: text", or an object of JSON) or to syslog.
// Control characters in the text are replaced, so that a text from the network cannot forge a line.
// Secrets never get here: nothing that logs is given one.
//
// Threads: a line is one write; lines do not mix.
#pragma once

#include <string>
#include <string_view>

namespace acmeproxy {

enum class LogLevel { error, warning, info, debug };
enum class LogTarget { standard_error, syslog };
enum class LogFormat {
    text, ///< "PROGRAM: TEXT"
    json, ///< {"time":"2026-11-24T13:00:00Z","level":"info","program":"...","message":"..."}
};

/// Once, at the start of a program. `name` must live for ever. Lines below `least` are dropped.
void set_up_log(const char *name, LogTarget target = LogTarget::standard_error,
                LogLevel least = LogLevel::info, LogFormat format = LogFormat::text);

void log(LogLevel level, std::string_view text);
inline void log_error(std::string_view text)
{
    log(LogLevel::error, text);
}
inline void log_warning(std::string_view text)
{
    log(LogLevel::warning, text);
}
inline void log_info(std::string_view text)
{
    log(LogLevel::info, text);
}
inline void log_debug(std::string_view text)
{
    log(LogLevel::debug, text);
}

/// A message of another program, on its behalf.
void log_for(std::string_view program, LogLevel level, std::string_view text);
/// A line that a child has written, which logs as we do with the same settings: it is passed on as
/// it is. What is no log line of it (a crash) is wrapped as a warning.
void relay_log(std::string_view program, std::string_view line);

/// A line on a terminal that the next one replaces; it is cleared before each log line.
/// Empty: none. Nothing is shown where standard error is no terminal.
void show_progress(const std::string &text);

}
