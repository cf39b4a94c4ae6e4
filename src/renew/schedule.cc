// SPDX-License-Identifier: MIT
#include "renew/schedule.h"

#include <algorithm>

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
    if (question.stored_last_day >= 2)
        return RenewalReason::none;
    if (question.changed)
        return RenewalReason::changed;
    if (question.picked && *question.picked <= now)
        return RenewalReason::window;
    // The floor: whatever is wrong with our arithmetic, the CA sees no stream of orders.
    if (now - question.times.stored < question.times.lifetime() / 10)
        return RenewalReason::none;
    if (question.damaged)
        return RenewalReason::damaged;
    // A sound window replaces the fallback, which stays as a backstop near the end.
    const Time latest = question.picked ? question.times.not_after - question.times.lifetime() / 10
                                        : fallback_instant(question.times);
    return latest <= now ? RenewalReason::lifetime : RenewalReason::none;
}

Time retry_instant(int attempts, Time now, std::optional<Seconds> retry_after,
                   const UnitRandom &random)
{
    Seconds wait = days(1);
    if (attempts <= 1)
        wait = minutes(1);
    else if (attempts == 2)
        wait = minutes(10);
    else if (attempts == 3)
        wait = minutes(100);
    wait = std::max(wait, retry_after.value_or(Seconds(0)));
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
    if (question.retry.next) {
        // A failure waits its time out; only a hook may be looked at before. A retry that is
        // further away than a day (Retry-After) is waited for in steps of a day.
        earlier(question.retry.next);
        return due;
    }
    if (!question.times)
        return now;
    if (question.ari && question.ari->picked) {
        earlier(question.ari->picked);
    } else {
        // Never into the past: a renewal that the floor holds back would be looked at in each pass.
        earlier(std::max(fallback_instant(*question.times), now + hours(1)));
    }
    if (question.ari && question.times->not_after > now)
        earlier(std::max(question.ari->next_poll, now + minutes(1)));
    return due;
}

bool is_due(Time due, Time now)
{
    return due <= now || due > now + hours(48);
}

}
