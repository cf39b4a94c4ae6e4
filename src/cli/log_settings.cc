// SPDX-License-Identifier: MIT
#include "cli/log_settings.h"

#include "base/log.h"

namespace acmeproxy {

void start_log(const char *name, const Invocation &invocation)
{
    const std::string word = invocation.text("log-level");
    const LogLevel level = word == "error"     ? LogLevel::error
                           : word == "warning" ? LogLevel::warning
                           : word == "debug"   ? LogLevel::debug
                                               : LogLevel::info;
    const LogTarget target =
        invocation.flag("syslog") ? LogTarget::syslog : LogTarget::standard_error;
    const LogFormat format =
        invocation.text("log-format") == "json" ? LogFormat::json : LogFormat::text;
    set_up_log(name, target, level, format);
}

}
