// SPDX-License-Identifier: MIT
#include "renew/lineage_job.h"

#include "base/log.h"
#include "base/stop.h"
#include "base/time_text.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

// More steps than any way through the state table takes: a guard against our own mistakes.
constexpr int most_steps = 20;

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
        result_.end = JobResult::End::failed;
        result_.text = describe(e);
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

int LineageJob::stored_last_day() const
{
    int count = 0;
    for (const Generation number : lineage_.generations()) {
        const auto stored = lineage_.stored_at(number);
        // Far ahead: stored by a clock that was wrong.
        count += stored && clock_.now() - *stored < std::chrono::hours(24) &&
                 *stored - clock_.now() < std::chrono::hours(48);
    }
    return count;
}

std::optional<AriRecord> LineageJob::ari_of(const Certificate &certificate) const
{
    auto record = lineage_.ari();
    if (!record || record->certificate_id != certificate.renewal_info_id().value_or(""))
        return std::nullopt;
    return record;
}

RenewalReason LineageJob::why_renew(const LineageFacts &facts)
{
    const GenerationFacts *live = facts.live_generation();
    // Once in a pass: one that is due as soon as it is here must not be a stream of orders.
    if (!live || result_.end == JobResult::End::obtained)
        return RenewalReason::none;
    const auto chain = lineage_.chain(live->number);
    const Certificate &certificate = chain->front();
    RenewalQuestion question;
    question.times = times_of(certificate, lineage_.stored_at(live->number));
    if (!options_.dry_run)
        refresh_renewal_info(certificate, question.times);
    if (const auto ari = ari_of(certificate))
        question.picked = ari->picked;
    question.forced = forced_;
    question.changed = !live->wanted;
    question.damaged = !live->sound;
    question.stored_last_day = stored_last_day();
    return renewal_reason(question, clock_.now());
}

void LineageJob::walk()
{
    for (int step = 0; step < most_steps; ++step) {
        const LineageFacts facts = lineage_.facts(spec_);
        const Next next = next_step(facts, why_renew(facts) != RenewalReason::none);
        log_debug(
            fmt::format("{}: {} {}", lineage_.name().str(), to_text(next.step), next.generation));
        if (!take(next))
            return;
        if (stop_requested())
            throw Deferred("stopped", std::nullopt);
    }
    throw Error("the lineage does not come to rest; please report this");
}

/// False: nothing more can be done now.
bool LineageJob::take(const Next &next)
{
    const bool asks_the_ca =
        next.step == Step::begin || next.step == Step::order || next.step == Step::resume;
    if (asks_the_ca) {
        if (attempt() == Attempt::not_yet)
            return false;
        ca().check_open();
    }
    switch (next.step) {
    case Step::begin:
        begin(next.generation);
        return true;
    case Step::order:
        place_order(next.generation);
        return true;
    case Step::resume:
        resume_order(next.generation);
        return true;
    case Step::switch_live:
        return switch_live(next.generation);
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

void LineageJob::begin(Generation number)
{
    forced_ = false;
    if (!spec_.makes_key()) {
        lineage_.begin(number, spec_, nullptr, Csr::from_pem(spec_.csr));
        return;
    }
    std::optional<PrivateKey> key;
    if (spec_.reuse_key && number > 1) {
        const auto before = lineage_.wanted(number - 1);
        if (!before || before->key_type == spec_.key_type)
            key = lineage_.private_key(number - 1);
    }
    if (!key)
        key = PrivateKey::generate(spec_.key_type);
    lineage_.begin(number, spec_, &*key, Csr::make(*key, spec_.identifiers));
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
    retry_.next.reset();
    lineage_.write_retry(retry_);
}

void LineageJob::record_failure(const std::exception &e)
{
    result_.end = JobResult::End::failed;
    result_.text = describe(e);
    const Time now = clock_.now();
    const CaProblem *problem = find_cause<CaProblem>(e);
    ++retry_.attempts;
    retry_.error = result_.text;
    retry_.last = now;
    retry_.next = retry_instant(retry_.attempts, now, problem ? problem->retry_after : std::nullopt,
                                options_.random);
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
    for (const std::string &text : look_at_damage())
        log_error(lineage_.name().str() + ": " + text);
    const LineageFacts facts = lineage_.facts(spec_);
    const RenewalReason reason = why_renew(facts);
    const Next next = next_step(facts, reason != RenewalReason::none);
    std::string why = reason == RenewalReason::none ? "" : fmt::format(" ({})", to_text(reason));
    const std::string from = " from " + ca().name().str();
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
