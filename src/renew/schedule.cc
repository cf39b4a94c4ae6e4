// SPDX-License-Identifier: MIT
#include "renew/schedule.h"

#include <algorithm>
#include <cstdint>

namespace acmeproxy {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

CertificateTimes times_of(const Certificate &certificate, std::optional<Time> stored)
{
    const Time not_before = certificate.not_before();
    return {not_before, certificate.not_after(), stored.value_or(not_before)};
}

Time fallback_instant(const CertificateTimes &times)
{
    const Seconds lifetime = times.lifetime();
    return times.not_after - (lifetime < days(10) ? lifetime / 2 : lifetime / 3);
}

namespace {

/// When to renew whatever the CA says: a sound window replaces the fallback, and what is left near
/// the end is a backstop.
Time latest_instant(const CertificateTimes &times, const std::optional<Time> &picked)
{
    return picked ? times.not_after - times.lifetime() / 10 : fallback_instant(times);
}

}

bool is_sound_window(Time start, Time end, const CertificateTimes &times)
{
    return start < end && start < times.not_after;
}

std::string_view to_text(RenewalReason reason)
{
    switch (reason) {
    case RenewalReason::none:
        return "not due";
    case RenewalReason::forced:
        return "forced";
    case RenewalReason::changed:
        return "what is wanted has changed";
    case RenewalReason::damaged:
        return "its key is lost";
    case RenewalReason::window:
        return "the CA's renewal window has come";
    case RenewalReason::lifetime:
        return "it expires soon";
    }
    return "";
}

RenewalReason renewal_reason(const RenewalQuestion &question, Time now)
{
    if (question.forced)
        return RenewalReason::forced;
    if (question.stored_last_day >= most_certificates_a_day)
        return RenewalReason::none;
    if (question.changed)
        return RenewalReason::changed;
    if (question.picked && *question.picked <= now)
        return RenewalReason::window;
    // The floor: whatever is wrong with our arithmetic, the CA sees no stream of orders.
    // One that was stored far ahead was stored by a clock that was wrong.
    const Seconds age = now - question.times.stored;
    if (age < question.times.lifetime() / 10 && age > -hours(48))
        return RenewalReason::none;
    if (question.damaged)
        return RenewalReason::damaged;
    return latest_instant(question.times, question.picked) <= now ? RenewalReason::lifetime
                                                                  : RenewalReason::none;
}

Time retry_instant(int attempts, Time now, std::optional<Seconds> retry_after,
                   std::optional<Time> expires, const UnitRandom &random)
{
    Seconds wait = days(1);
    if (attempts <= 1)
        wait = minutes(1);
    else if (attempts == 2)
        wait = minutes(10);
    else if (attempts == 3)
        wait = minutes(100);
    // No CA counts over more than a week, and a mistake of its must not cost the certificate.
    Seconds most = days(7);
    if (expires)
        most = std::clamp<Seconds>((*expires - now) / 2, hours(1), most);
    wait = std::max(wait, std::min(retry_after.value_or(Seconds(0)), most));
    return now + wait + Seconds(static_cast<std::int64_t>(random() * 0.1 * double(wait.count())));
}

AriRecord pick_in_window(const std::optional<AriRecord> &before, const std::string &certificate_id,
                         Time start, Time end, const UnitRandom &random)
{
    if (before && before->certificate_id == certificate_id && before->start == start &&
        before->end == end && before->picked)
        return *before;
    AriRecord record;
    record.certificate_id = certificate_id;
    record.start = start;
    record.end = end;
    record.picked =
        start + Seconds(static_cast<std::int64_t>(random() * double((end - start).count())));
    return record;
}

Time next_look(const DueQuestion &question, Time now)
{
    Time due = now + hours(24);
    const auto earlier = [&](const std::optional<Time> &time) {
        if (time)
            due = std::min(due, *time);
    };
    if (!question.deployed)
        due = std::min(due, question.retry.hook_next.value_or(now));
    if (question.retry.next && *question.retry.next > now) {
        // A failure waits its time out; only a hook may be looked at before. A retry that is
        // further away than a day (Retry-After) is waited for in steps of a day.
        earlier(question.retry.next);
        return due;
    }
    if (!question.times)
        return now;
    // Never into the past: a renewal that is held back would be looked at in each pass.
    const auto ahead = [&](Time time) { return time > now ? time : now + hours(1); };
    const auto picked = question.ari ? question.ari->picked : std::nullopt;
    if (picked)
        earlier(ahead(*picked));
    earlier(ahead(latest_instant(*question.times, picked)));
    if (question.next_ask)
        earlier(std::max(*question.next_ask, now + minutes(1)));
    if (question.ari && question.times->not_after > now)
        earlier(std::max(question.ari->next_poll, now + minutes(1)));
    return due;
}

bool is_due(Time due, Time now)
{
    return due <= now || due > now + hours(48);
}

}
