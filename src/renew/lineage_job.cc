// SPDX-License-Identifier: MIT
#include "renew/lineage_job.h"

#include "base/log.h"
#include "base/stop.h"
#include "base/time_text.h"
#include "renew/agent_policy.h"
#include "renew/order_run.h"
#include "renew/unrecorded.h"
#include "spool/lineage_owner.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

// More steps than any way through the state table takes: a guard against our own mistakes.
constexpr int most_steps = 20;

bool asks_somebody(Step step)
{
    return step == Step::begin || step == Step::order || step == Step::resume;
}

}

LineageJob::LineageJob(const Spool &spool, const LineageName &name, const RenewOptions &options,
                       CaContexts &cas, Connections &connections, const Clock &clock)
    : spool_(spool), lineage_(spool, name), options_(options), cas_(cas), connections_(connections),
      clock_(clock), forced_(options.force)
{
}

JobResult LineageJob::run()
{
    try {
        if (!lineage_.exists())
            return result_; // removed since it was found
        const auto lock = lineage_.lock();
        if (!lock) {
            result_.end = JobResult::End::busy;
            return result_;
        }
        // Another process may have done it while we waited for our turn.
        const auto due = lineage_.due();
        if (options_.names.empty() && !options_.force && due && !is_due(*due, clock_.now()))
            return result_;
        load_spec();
        retry_ = lineage_.retry();
        forced_ = forced_ || spool_.exists(renewal_wish());
        for (const std::string &text : look_at_damage())
            log_error(lineage_.name().str() + ": " + text);
        std::optional<Time> deferred_until;
        try {
            walk();
        } catch (const Deferred &e) {
            result_.end = JobResult::End::deferred;
            result_.text = e.what();
            deferred_until = e.until.value_or(clock_.now());
        } catch (const std::exception &e) {
            if (stop_requested()) {
                result_.end = JobResult::End::deferred;
                result_.text = describe(e);
                deferred_until = clock_.now();
            } else {
                record_failure(e);
            }
        }
        schedule(deferred_until);
    } catch (const std::exception &e) {
        // What failed first is told first: on a full disk the record of it fails, too.
        const bool is_second = result_.end == JobResult::End::failed;
        result_.end = JobResult::End::failed;
        result_.text =
            is_second ? result_.text + "; it could not be recorded: " + describe(e) : describe(e);
        if (is_second)
            put_off_unrecorded(lineage_, clock_.now());
    }
    return result_;
}

void LineageJob::load_spec()
{
    try {
        spec_ = lineage_.spec();
        return;
    } catch (const std::system_error &) {
        throw;
    } catch (const Error &e) {
        if (find_cause<std::system_error>(e) || find_cause<NewerFormat>(e))
            throw;
        const auto rebuilt = lineage_.rebuild_spec();
        if (!rebuilt)
            throw Error(describe(e) +
                        " (restore it from a backup, or remove the lineage and add it "
                        "again)");
        log_error(lineage_.name().str() + ": " + describe(e) + "; made anew from the certificate");
        result_.damaged = true;
        spec_ = *rebuilt;
        if (!options_.dry_run)
            lineage_.write_spec(spec_);
    }
}

std::vector<std::string> LineageJob::look_at_damage()
{
    std::vector<std::string> damage;
    const LineageFacts facts = lineage_.facts(spec_, &damage);
    if (!options_.dry_run) {
        for (const GenerationFacts &generation : facts.generations) {
            if (generation.committed)
                lineage_.complete(generation.number);
            if (generation.committed && !spec_.reuse_key)
                lineage_.drop_begun_bundle(generation.number);
        }
    }
    result_.damaged = result_.damaged || !damage.empty();
    return damage;
}

LineageJob::Attempt LineageJob::attempt() const
{
    const Time now = clock_.now();
    const bool asked_for = options_.force || !options_.names.empty();
    if (asked_for || !retry_.next || *retry_.next <= now)
        return Attempt::allowed;
    // Looked at before the retry is due: for the hook, since `due` is at most a day ahead, or
    // because someone touched it.
    const bool for_the_hook = retry_.hook_next && *retry_.hook_next <= now;
    const bool for_the_day = now - retry_.last >= std::chrono::hours(24);
    return for_the_hook || for_the_day ? Attempt::not_yet : Attempt::allowed;
}

std::optional<AriRecord> LineageJob::ari_of(const Certificate &certificate) const
{
    auto record = lineage_.ari();
    if (!record || record->certificate_id != certificate.renewal_info_id().value_or(""))
        return std::nullopt;
    return record;
}

/// As if nobody asked for anything: whether the time has come.
RenewalQuestion LineageJob::question_of_time(Generation live, const Certificate &certificate) const
{
    RenewalQuestion question;
    question.times = times_of(certificate, lineage_.stored_at(live));
    if (const auto ari = ari_of(certificate))
        question.picked = ari->picked;
    return question;
}

RenewalReason LineageJob::why_renew(const LineageFacts &facts)
{
    const GenerationFacts *live = facts.live_generation();
    // Once in a pass: one that is due as soon as it is here must not be a stream of orders.
    if (!live || result_.end == JobResult::End::obtained)
        return RenewalReason::none;
    const auto chain = lineage_.chain(live->number);
    const Certificate &certificate = chain->front();
    if (!options_.dry_run)
        refresh_renewal_info(certificate, times_of(certificate, lineage_.stored_at(live->number)));
    RenewalQuestion question = question_of_time(live->number, certificate);
    question.forced = forced_;
    question.changed = !live->wanted;
    question.damaged = !live->sound;
    question.stored_last_day = lineage_.stored_last_day(clock_.now());
    const RenewalReason reason = renewal_reason(question, clock_.now());
    if (question.changed && reason == RenewalReason::none)
        result_.text =
            fmt::format("what is wanted has changed, but {} certificates came in the last "
                        "24 hours: waiting (--force does not)",
                        question.stored_last_day);
    return reason;
}

void LineageJob::walk()
{
    for (int step = 0; step < most_steps; ++step) {
        const LineageFacts facts = lineage_.facts(spec_);
        // An agent is asked once in each look: it knows when a certificate is to be replaced.
        const bool is_due = comes_from_agent() ? !asked_ && result_.end != JobResult::End::obtained
                                               : why_renew(facts) != RenewalReason::none;
        const Next next = next_step(facts, is_due);
        log_debug(
            fmt::format("{}: {} {}", lineage_.name().str(), to_text(next.step), next.generation));
        if (!take(next))
            return;
        if (stop_requested())
            throw Deferred("stopped", std::nullopt);
    }
    throw Error("the lineage does not come to rest; please report this");
}

/// What came from an agent is replaced by what comes next, and until then kept as it is.
bool LineageJob::asks_the_agent(Step step) const
{
    return comes_from_agent() && (asks_somebody(step) || step == Step::abandon);
}

/// False: nothing more can be done now.
bool LineageJob::take(const Next &next)
{
    if (asks_the_agent(next.step)) {
        return attempt() == Attempt::allowed &&
               pull(next.step == Step::begin ? next.generation : next.generation + 1);
    }
    if (asks_somebody(next.step)) {
        if (attempt() == Attempt::not_yet)
            return false;
        if (spec_.is_sealed()) {
            check_owner(spool_, spec_);         // in words for the operator
            check_agent_lineage(spool_, spec_); // and what other clients have a claim on
        }
        ca().check_open();
        if (next.step != Step::resume)
            count_against_quota(next.step);
    }
    switch (next.step) {
    case Step::begin:
        begin(next.generation);
        spool_.remove(renewal_wish());
        return true;
    case Step::order:
        place_order(next.generation);
        return true;
    case Step::resume:
        resume_order(next.generation);
        return true;
    case Step::switch_live:
        if (!switch_live(next.generation))
            return false;
        spool_.remove(renewal_wish());
        return true;
    case Step::drop_order:
        lineage_.drop_order();
        return true;
    case Step::abandon:
        lineage_.abandon(next.generation);
        return true;
    case Step::deploy:
    case Step::wait:
        forget_failures();
        return false;
    }
    return false;
}

bool LineageJob::switch_live(Generation number)
{
    const auto chain = lineage_.chain(number);
    if (!chain)
        throw Error("read " + lineage_.path(number, GenerationFile::fullchain));
    const Certificate &certificate = chain->front();
    if (certificate.not_before() > clock_.now()) {
        look_again_ = certificate.not_before();
        result_.text = "its new certificate is valid from " +
                       format_rfc3339(certificate.not_before()) +
                       " by this host's clock; kept "
                       "until then (is the clock right?)";
        return false;
    }
    lineage_.switch_live(number);
    if (!spec_.reuse_key)
        lineage_.drop_begun_bundle(number);
    forced_ = false;
    result_.end = JobResult::End::obtained;
    result_.text =
        fmt::format("certificate {} is live: {}; expires {}", generation_text(number),
                    to_text(certificate.identifiers()), format_rfc3339(certificate.not_after()));
    record_success();
    return true;
}

void LineageJob::record_success()
{
    retry_ = RetryRecord{};
    lineage_.write_retry(retry_);
}

/// What had failed is no longer needed: the names were changed back, or the CA moved its window.
void LineageJob::forget_failures()
{
    if (retry_.attempts == 0 && !retry_.next && retry_.error.empty())
        return;
    retry_.attempts = 0;
    retry_.error.clear();
    retry_.client_error.clear();
    retry_.next.reset();
    lineage_.write_retry(retry_);
}

std::optional<Time> LineageJob::live_until() const
{
    const auto live = lineage_.live();
    const auto chain = live ? lineage_.chain(*live) : nullptr;
    return chain ? std::optional(chain->front().not_after()) : std::nullopt;
}

void LineageJob::record_failure(const std::exception &e)
{
    result_.end = JobResult::End::failed;
    result_.text = describe(e);
    const Time now = clock_.now();
    std::optional<Seconds> retry_after;
    if (const CaProblem *problem = find_cause<CaProblem>(e))
        retry_after = problem->retry_after;
    else if (const Problem *refusal = find_cause<Problem>(e))
        retry_after = refusal->retry_after;
    else if (const OrderPending *order = find_cause<OrderPending>(e))
        retry_after = order->retry_after;
    ++retry_.attempts;
    retry_.error = result_.text;
    retry_.client_error = words_for_client(e);
    retry_.last = now;
    retry_.next = retry_instant(retry_.attempts, now, retry_after, live_until(), options_.random);
    if (comes_from_agent() && lineage_.live())
        result_.text += "; the certificate that is live stays";
    lineage_.write_retry(retry_);
    result_.text += "; next attempt at " + format_rfc3339(*retry_.next);
}

void LineageJob::schedule(std::optional<Time> deferred_until)
{
    const LineageFacts facts = lineage_.facts(spec_);
    DueQuestion question;
    question.retry = retry_;
    const Time now = clock_.now();
    if (const GenerationFacts *live = facts.live_generation()) {
        const auto chain = lineage_.chain(live->number);
        question.times = times_of(chain->front(), lineage_.stored_at(live->number));
        question.ari = ari_of(chain->front());
        if (auto origin = lineage_.origin(live->number); origin && comes_from_agent()) {
            if (look_again_) {
                origin->next_ask = *look_again_;
                lineage_.write_origin(live->number, *origin);
            }
            question.next_ask = origin->next_ask;
        }
        question.deployed = live->deployed || !live->sound;
        result_.to_deploy = !question.deployed && (!retry_.hook_next || *retry_.hook_next <= now ||
                                                   !options_.names.empty());
    }
    Time due = next_look(question, now);
    // The CA is left alone; a hook is not.
    if (deferred_until)
        due = question.deployed ? *deferred_until
                                : std::min(*deferred_until, retry_.hook_next.value_or(now));
    if (look_again_)
        due = question.times ? std::min(due, *look_again_) : *look_again_;
    lineage_.set_due(std::min<Time>(due, now + std::chrono::hours(24)));
}

std::string LineageJob::preview()
{
    load_spec();
    retry_ = lineage_.retry();
    forced_ = forced_ || spool_.exists(renewal_wish());
    for (const std::string &text : look_at_damage())
        log_error(lineage_.name().str() + ": " + text);
    const LineageFacts facts = lineage_.facts(spec_);
    const RenewalReason reason = comes_from_agent() ? RenewalReason::none : why_renew(facts);
    const Next next = next_step(facts, comes_from_agent() || reason != RenewalReason::none);
    const bool asks = asks_somebody(next.step) || asks_the_agent(next.step);
    if (asks && attempt() == Attempt::not_yet)
        return "would wait for its next attempt at " + format_rfc3339(*retry_.next);
    if (asks_the_agent(next.step))
        return "would ask " + spec_.server + (forced_ ? " for another certificate" : "");
    std::string why = reason == RenewalReason::none ? "" : fmt::format(" ({})", to_text(reason));
    if (asks_somebody(next.step))
        ca().check_open();
    const std::string from = comes_from_agent() ? "" : " from " + ca().name().str();
    switch (next.step) {
    case Step::begin:
        return "would obtain a certificate" + from + why;
    case Step::order:
        return "would place an order for the key that is there" + from;
    case Step::resume:
        return "would resume its order" + from;
    case Step::switch_live:
        return "would switch to generation " + generation_text(next.generation);
    case Step::drop_order:
        return "would remove an order that is done with";
    case Step::abandon:
        return "would abandon generation " + generation_text(next.generation) +
               " and obtain a certificate" + from;
    case Step::deploy:
        return "would run its hook";
    case Step::wait:
        return "would do nothing";
    }
    return {};
}

}
