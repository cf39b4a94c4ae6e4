// SPDX-License-Identifier: MIT
// When: the decisions of the renewer that depend on time, as pure functions (doc/spool.md, "Due").
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "crypto/certificate.h"
#include "spool/records.h"

#include <optional>
#include <string_view>

namespace acmeproxy {

/// Of the certificate that is live.
struct CertificateTimes {
    Time not_before{};
    Time not_after{};
    Time stored{}; ///< when we got it
    Seconds lifetime() const { return not_after - not_before; }
};
CertificateTimes times_of(const Certificate &certificate, std::optional<Time> stored);

/// Without a renewal window: a third of the lifetime is left, half where it is under 10 days.
Time fallback_instant(const CertificateTimes &times);

/// Whether a window can be obeyed: it has a length and begins before the certificate ends.
bool is_sound_window(Time start, Time end, const CertificateTimes &times);

enum class RenewalReason { none, forced, changed, damaged, window, lifetime };
std::string_view to_text(RenewalReason reason);

/// Of one lineage, by itself.
constexpr int most_certificates_a_day = 2;

struct RenewalQuestion {
    CertificateTimes times;
    std::optional<Time> picked; ///< the instant picked in this certificate's window
    bool forced = false;
    bool changed = false;    ///< cert.json asks for something else
    bool damaged = false;    ///< its key is lost
    int stored_last_day = 0; ///< certificates of this lineage stored in the last 24 hours
};
/// Why to renew now, or none. Within a tenth of the lifetime only forced, changed and window count;
/// after two certificates in a day only forced.
RenewalReason renewal_reason(const RenewalQuestion &question, Time now);

/// 1, 10, 100 minutes, then daily, and not before `retry_after`; up to a tenth longer, at random.
/// `retry_after` counts for a week at most; where a certificate is live, that `expires` then, for
/// half of the time that it has left, an hour at least.
Time retry_instant(int attempts, Time now, std::optional<Seconds> retry_after,
                   std::optional<Time> expires, const UnitRandom &random);

/// Picks an instant in the window of `info` for this certificate, or keeps what `before` picked
/// where the window is the same.
AriRecord pick_in_window(const std::optional<AriRecord> &before, const std::string &certificate_id,
                         Time start, Time end, const UnitRandom &random);

struct DueQuestion {
    std::optional<CertificateTimes> times; ///< none: nothing is live yet
    std::optional<AriRecord> ari;          ///< of the live certificate
    std::optional<Time> next_ask = {};     ///< where it came from an agent
    RetryRecord retry;
    bool deployed = true;
};
/// When to look next: doc/spool.md, "Due".
Time next_look(const DueQuestion &question, Time now);

/// Whether a pass at `now` looks at a lineage with this `due`.
bool is_due(Time due, Time now);

}
