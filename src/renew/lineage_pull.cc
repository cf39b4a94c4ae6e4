// SPDX-License-Identifier: MIT
// LineageJob's dealings with an agent: wishing, fetching, and looking hard at what comes before it
// is installed. Whatever is wrong with it, what is live stays.
#include "renew/lineage_job.h"

#include "acme/poll.h"
#include "base/log.h"
#include "base/time_text.h"
#include "renew/agent_bundle.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

/// Where the agent does not say when to ask again: well within what is left of any certificate.
constexpr Seconds usual_pause = std::chrono::hours(6);

/// What came is not what was asked for: it may be that the server was told otherwise meanwhile.
void wish_again(AgentSource &source, const LineageSpec &spec, const AgeRecipient &recipient)
try {
    source.wish(spec, recipient);
} catch (const Error &e) {
    log_debug("wish again: " + describe(e)); // what is wrong is told anyway
}

}

/// Asks the agent, once in a look. True: a new generation is there.
bool LineageJob::pull(Generation number)
{
    if (asked_)
        return false;
    asked_ = true;
    CaContext &server = ca();
    server.check_open();
    try {
        AcmeSession session(connections_.to(server), server.service(), clock_, options_.random);
        if (!session.directory().is_agent())
            throw Error("ask " + spec_.server + ": that is a CA and no acmeproxy's agent");
        auto account = server.account(session);
        bool is_there = false;
        try {
            is_there = pull_as(session, account->signer(), number);
        } catch (const CaProblem &problem) {
            if (!is_account_lost(problem))
                throw;
            // Once: a server that lost its accounts gets ours again.
            log_warning(lineage_.name().str() + ": " + problem.what() +
                        "; the account is looked for again");
            server.forget(*account);
            account = server.account(session);
            is_there = pull_as(session, account->signer(), number);
        }
        server.note_success();
        return is_there;
    } catch (const std::exception &e) {
        server.note_failure(e);
        throw;
    }
}

bool LineageJob::pull_as(AcmeSession &session, const Signer &account, Generation number)
{
    const LineageFacts facts = lineage_.facts(spec_);
    Pull pull{AgentSource(session, account, lineage_.name()),
              ensure_identities(spool_, ca().name(), clock_.now()),
              facts.live_generation(),
              number,
              {},
              {}};
    pull.asked = ask(pull);
    const auto origin =
        pull.live && pull.live->sound ? lineage_.origin(pull.live->number) : std::nullopt;
    const std::string tag = origin && origin->server == spec_.server ? origin->tag : "";
    Poll poll(clock_, options_.order_timeout, ca().service().issuance_ms);
    for (;;) {
        const AgentSource::File file = fetch(pull, tag);
        if (file.end == AgentSource::File::End::received && try_to_receive(pull, file)) {
            rest(file.status.retry_after);
            return true;
        }
        const bool is_pending = file.end == AgentSource::File::End::pending;
        if (!pull.is_promised() && !is_pending && pull.live && pull.live->wanted) {
            settle(pull);
            rest(file.status.retry_after);
            return false;
        }
        if (!file.status.error.empty())
            throw Error(spec_.server + " could not obtain it: " + file.status.error);
        if (!file.status.refused.empty())
            throw Error(spec_.server + " refused what was asked for: " + file.status.refused);
        const auto retry_after = file.status.retry_after || !pull.asked ? file.status.retry_after
                                                                        : pull.asked->retry_after;
        const Seconds pause = retry_after.value_or(Seconds(60));
        // By hand one waits for it, as for a CA.
        const bool waits = !options_.names.empty() || options_.force;
        if (!waits || !poll.wait(pause)) {
            leave_it_pending(pull, pause);
            return false;
        }
    }
}

/// What is live at the agent. What the agent has lost is wished for, once.
AgentSource::File LineageJob::fetch(Pull &pull, const std::string &known_tag)
{
    using End = AgentSource::File::End;
    AgentSource::File file = pull.source.fetch_bundle(known_tag);
    if (file.end == End::nowhere && !pull.asked) {
        log_warning(lineage_.name().str() + ": " + spec_.server +
                    " has lost it; it is asked for once more");
        pull.asked = pull.source.wish(spec_, pull.recipient());
        file = pull.source.fetch_bundle(known_tag);
    }
    if (file.end == End::nowhere)
        throw Error(spec_.server + " has no certificate " + lineage_.name().str() +
                    ", although it was asked for");
    return file;
}

/// False: it is what is installed, or, while another is promised, what was there before.
bool LineageJob::try_to_receive(Pull &pull, const AgentSource::File &file)
{
    pull.not_that.clear();
    try {
        return receive(pull, file);
    } catch (const Error &e) {
        const bool is_ours = find_cause<std::system_error>(e) != nullptr; // a full disk
        if (!pull.asked && !is_ours)
            wish_again(pull.source, spec_, pull.recipient());
        if (!pull.is_promised() || is_ours)
            throw;
        pull.not_that = describe(e);
        return false;
    }
}

void LineageJob::leave_it_pending(const Pull &pull, Seconds pause)
{
    forget_failures();
    rest(pause);
    const std::string other =
        pull.not_that.empty() ? "" : " (what it has now is not that: " + pull.not_that + ")";
    result_.text = spec_.server + " is still making it" + other + "; asked again at " +
                   format_rfc3339(*look_again_);
    if (!options_.names.empty() || options_.force)
        throw Deferred(result_.text, look_again_);
}

/// Tells the agent what is wanted, where it may not know, and asks for a renewal that was forced.
/// nullopt: there was nothing to say.
std::optional<AgentStatus> LineageJob::ask(Pull &pull)
{
    const GenerationFacts *live = pull.live;
    const auto then = live ? lineage_.wanted(live->number) : std::nullopt;
    const auto origin = live ? lineage_.origin(live->number) : std::nullopt;
    const bool has_it = live && live->wanted && origin && origin->server == spec_.server &&
                        origin->recipient == pull.recipient().text();
    std::optional<AgentStatus> asked;
    if (!has_it || !then || then->reuse_key != spec_.reuse_key) {
        const auto before = pull.source.status();
        asked = pull.source.wish(spec_, pull.recipient());
        if (has_it)
            asked->is_being_made = false; // it is for the next one
        // The renewer of the server refuses later, and a new wish removes its words.
        if (before && !before->refused.empty())
            throw Error(spec_.server + " refused what was asked for: " + before->refused +
                        "; it was asked once more");
    }
    if (!forced_ || !live || (asked && asked->is_being_made))
        return asked;
    forced_ = false;
    spool_.remove(renewal_wish());
    try {
        return pull.source.renew();
    } catch (const CaProblem &problem) {
        // Of this certificate alone: no reason to leave the whole server alone.
        if (problem.status == 429)
            throw Error(problem.what());
        throw;
    }
}

/// False: it is what is installed.
bool LineageJob::receive(const Pull &pull, const AgentSource::File &file)
try {
    OriginRecord origin = file.origin;
    origin.server = spec_.server;
    origin.recipient = pull.recipient().text();
    const AgentBundle bundle = open_agent_bundle(pull.identities, file.content);
    const Certificate &certificate = bundle.chain.front();
    if (const GenerationFacts *live = pull.live) {
        const auto chain = lineage_.chain(live->number);
        const Certificate &installed = chain->front();
        if (live->sound && live->wanted && certificate.fingerprint() == installed.fingerprint()) {
            lineage_.write_origin(live->number, origin);
            return false;
        }
        if (is_rolled_back(certificate, origin, installed, lineage_.origin(live->number)))
            throw Error(fmt::format("it is of {}, older than what is installed, of {}: the server "
                                    "has lost something, or it is another",
                                    format_rfc3339(certificate.not_before()),
                                    format_rfc3339(installed.not_before())));
    }
    check_agent_bundle(bundle, spec_, clock_.now());
    const std::optional<Csr> csr =
        spec_.makes_key() ? std::nullopt : std::optional(Csr::from_pem(spec_.csr));
    lineage_.receive(
        pull.number, spec_,
        {bundle.key ? &*bundle.key : nullptr, csr ? &*csr : nullptr, bundle.chain, origin});
    return true;
} catch (...) {
    rethrow_while("use certificate " + generation_text(file.origin.generation) + " of " +
                  spec_.server);
}

/// What is live is what the agent has. Where that should have been renewed, it may say why not.
void LineageJob::settle(Pull &pull)
{
    const Generation live = pull.live->number;
    const auto chain = lineage_.chain(live);
    const CertificateTimes times = times_of(chain->front(), lineage_.stored_at(live));
    if (fallback_instant(times) <= clock_.now()) {
        const auto status = pull.source.status();
        if (status && !status->error.empty())
            throw Error(spec_.server + " could not renew it: " + status->error);
        if (times.not_after <= clock_.now())
            throw Error(spec_.server + " has none that is newer, and this one has expired");
    }
    forget_failures();
}

void LineageJob::rest(std::optional<Seconds> retry_after)
{
    const Seconds pause =
        std::clamp<Seconds>(retry_after.value_or(usual_pause), Seconds(1), std::chrono::hours(24));
    // Up to a tenth longer: clients that began together do not stay in step.
    look_again_ = clock_.now() + pause +
                  Seconds(static_cast<std::int64_t>(options_.random() * 0.1 *
                                                    static_cast<double>(pause.count())));
}

}
