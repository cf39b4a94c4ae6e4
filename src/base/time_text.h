// SPDX-License-Identifier: MIT
// Points in time as text: RFC 3339 (files, ACME) and HTTP dates (RFC 9110, section 5.6.7).
// Always UTC; a text without a zone is refused rather than guessed at.
#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// "2026-11-24T13:00:00Z".
std::string format_rfc3339(Time time);
/// Fractions of a second are cut off, offsets ("+02:00") are applied.
std::optional<Time> parse_rfc3339(std::string_view text);
/// IMF-fixdate ("Tue, 24 Nov 2026 13:00:00 GMT") and the two obsolete forms.
std::optional<Time> parse_http_date(std::string_view text);
/// Retry-After (RFC 9110, section 10.2.3): seconds or an HTTP date, as seconds from `now`;
/// never negative; nullopt where it is neither.
std::optional<Seconds> parse_retry_after(std::string_view text, Time now);
/// For people: "6 d 3 h", "12 min", "45 s"; negative with "ago" ("3 d ago").
std::string format_duration(Seconds duration);

}
