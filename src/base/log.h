// SPDX-License-Identifier: MIT
// One line an event, to standard error ("acmeproxy: text") or to syslog. Control characters in
// the text are replaced, so that a text from the network cannot forge a line. Secrets never get
// here: nothing that logs is given one.
//
// Threads: a line is one write; lines do not mix.
#pragma once

#include <string>
#include <string_view>

namespace acmeproxy {

enum class LogLevel { error, warning, info, debug };
enum class LogTarget { standard_error, syslog };

/// Once, at the start of a program. `name` must live for ever. Lines below `least` are dropped.
void set_up_log(const char *name, LogTarget target = LogTarget::standard_error,
                LogLevel least = LogLevel::info);

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

/// A line on a terminal that the next one replaces; it is cleared before each log line.
/// Empty: none. Nothing is shown where standard error is no terminal.
void show_progress(const std::string &text);

}
