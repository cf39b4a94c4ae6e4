// SPDX-License-Identifier: MIT
#include "renew/deploy.h"

#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/time_text.h"
#include "renew/schedule.h"
#include "renew/unrecorded.h"
#include "spool/owner.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace acmeproxy {

namespace {

constexpr Seconds kept_for = std::chrono::days(30);

/// The hook was ended since acmeproxy is. It has not failed, and is run again by the next pass.
class HookStopped : public Error {
public:
    using Error::Error;
};

/// The last lines of a hook's output go to the log, one each.
void log_output(const std::string &lineage, const std::string &output)
{
    constexpr std::size_t shown = 40;
    std::vector<std::string> lines = split(output, '\n');
    while (!lines.empty() && trim(lines.back()).empty())
        lines.pop_back();
    const std::size_t first = lines.size() > shown ? lines.size() - shown : 0;
    for (std::size_t i = first; i < lines.size(); ++i)
        log_info(lineage + ": hook: " + lines[i]);
}

/// Root's rights, where they were given up for a while, and the umask that its author expects.
BeforeExec before_hook(const HookOptions &options)
{
    return [root = regain_root(), mask = options.umask] {
        ::umask(mask);
        return !root || root();
    };
}

void run_hooks(const Lineage &lineage, Generation number, const std::vector<Certificate> &chain,
               const HookOptions &options)
{
    const std::vector<std::string> environment = hook_environment(lineage, number, chain);
    const LineageSpec spec = lineage.spec();
    // The hook of all lineages installs keys and certificates here; a sealed one is fetched.
    const std::string global = spec.is_sealed() ? "" : options.global_hook;
    for (const std::string &setting : {spec.hook, global}) {
        if (setting.empty())
            continue;
        const std::string program = find_hook(options, setting);
        const ChildResult result =
            run_child({program}, environment, options.timeout, before_hook(options));
        log_output(lineage.name().str(), result.output);
        if (result.end == ChildResult::End::stopped)
            throw HookStopped("hook " + program +
                              ": ended, since acmeproxy was asked to stop; the next pass runs it "
                              "again");
        if (result.end != ChildResult::End::exited || result.code != 0)
            throw Error("hook " + program + ": " + to_text(result));
    }
}

/// When to look at the lineage after its hook has run.
void set_next_look(const Lineage &lineage, Generation number, const Certificate &certificate,
                   const RetryRecord &retry, Time now)
{
    DueQuestion question;
    question.times = times_of(certificate, lineage.stored_at(number));
    const auto ari = lineage.ari();
    if (ari && ari->certificate_id == certificate.renewal_info_id())
        question.ari = ari;
    if (const auto origin = lineage.origin(number))
        question.next_ask = origin->next_ask;
    question.retry = retry;
    question.deployed = !retry.hook_next;
    lineage.set_due(next_look(question, now));
}

/// Failures of the hook do not touch what is known of failures to issue.
void record_hook_failure(const Lineage &lineage, Generation number,
                         const std::vector<Certificate> &chain, const std::string &error, Time now,
                         const UnitRandom &random)
{
    RetryRecord retry = lineage.retry();
    ++retry.hook_attempts;
    retry.hook_error = error;
    if (retry.last == Time{})
        retry.last = now;
    retry.hook_next = retry_instant(retry.hook_attempts, now, std::nullopt, std::nullopt, random);
    lineage.write_retry(retry);
    set_next_look(lineage, number, chain.front(), retry, now);
}

void record_hook_success(const Lineage &lineage, Generation number,
                         const std::vector<Certificate> &chain, Time now)
{
    lineage.mark_deployed(number);
    RetryRecord retry = lineage.retry();
    retry.hook_attempts = 0;
    retry.hook_error.clear();
    retry.hook_next.reset();
    lineage.write_retry(retry);
    lineage.prune(now, kept_for);
    set_next_look(lineage, number, chain.front(), retry, now);
}

bool deploy_one(const Lineage &lineage, const HookOptions &options, const Clock &clock,
                const UnitRandom &random)
{
    const auto lock = lineage.lock();
    const auto number = lineage.live();
    const auto chain = number ? lineage.chain(*number) : nullptr;
    if (!lock || !chain || lineage.is_deployed(*number))
        return true; // another process was first
    try {
        const LineageFacts facts = lineage.facts(lineage.spec());
        if (const auto *live = facts.live_generation(); !live || !live->sound)
            throw Error("its private key is lost: no hook is run");
        run_hooks(lineage, *number, *chain, options);
        record_hook_success(lineage, *number, *chain, clock.now());
        return true;
    } catch (const HookStopped &e) {
        log_error(lineage.name().str() + ": " + e.what());
        return false;
    } catch (const std::exception &e) {
        const std::string error = describe(e);
        record_hook_failure(lineage, *number, *chain, error, clock.now(), random);
        log_error(lineage.name().str() + ": " + error + "; tried again at " +
                  format_rfc3339(*lineage.retry().hook_next));
        return false;
    }
}

}

namespace {

bool waits_for_retry(const Lineage &lineage, Time now)
{
    try {
        const auto next = lineage.retry().hook_next;
        return next && *next > now;
    } catch (const std::exception &) {
        return false; // deploy() tells what is wrong with it
    }
}

}

DeployResult deploy(const Spool &spool, const std::vector<LineageName> &names,
                    const HookOptions &options, const Clock &clock, const UnitRandom &random)
{
    DeployResult result;
    for (const LineageName &name : names) {
        if (stop_requested())
            break;
        const Lineage lineage(spool, name);
        try {
            const bool done = deploy_one(lineage, options, clock, random);
            ++(done ? result.deployed : result.failed);
        } catch (const std::exception &e) {
            log_error(name.str() + ": deploy: " + describe(e));
            ++result.failed;
            put_off_unrecorded(lineage, clock.now());
        }
    }
    return result;
}

std::vector<LineageName> find_undeployed(const Spool &spool, Time now, bool all)
{
    std::vector<LineageName> names;
    for (const LineageName &name : spool.lineages()) {
        const Lineage lineage(spool, name);
        const auto due = lineage.due();
        if (!all && due && !is_due(*due, now))
            continue;
        const auto live = lineage.live();
        if (live && lineage.stored_at(*live) && !lineage.is_deployed(*live) &&
            (all || !waits_for_retry(lineage, now)))
            names.push_back(name);
    }
    return names;
}

}
