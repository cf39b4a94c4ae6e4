// SPDX-License-Identifier: MIT
// SIGTERM and SIGINT ask for a stop: work in hand ends at the next safe point, sleeps end at once.
#pragma once

#include <chrono>

namespace acmeproxy {

/// Catches SIGTERM and SIGINT (without SA_RESTART) and ignores SIGPIPE; call once, before threads.
void catch_stop_signals();
/// Asks for the stop from within; async-signal-safe.
void request_stop();
bool stop_requested();
/// Asked for more than once: what may take its time is to end, too.
bool stop_insisted();
/// Sleeps; false: a stop was requested. Any number of threads may sleep.
bool sleep_unless_stopped(std::chrono::milliseconds duration);

}
