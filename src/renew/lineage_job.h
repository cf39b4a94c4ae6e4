// SPDX-License-Identifier: MIT
// One look at one lineage: from its state on disk, step by step, to a certificate that is live or a
// failure that is recorded. Holds the lineage's lock all the while; no step needs the memory of the
// one before (doc/spool.md, "The states of a lineage").
#pragma once

#include "acme/order.h"
#include "renew/agent_source.h"
#include "renew/ca_context.h"
#include "renew/schedule.h"
#include "spool/lineage.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct JobResult {
    enum class End {
        idle,     ///< nothing was to be done
        obtained, ///< a new certificate is live
        failed,
        deferred, ///< the CA is left alone for now
        busy,     ///< another process works on it
    };
    End end = End::idle;
    std::string text; ///< one line for the log: what was done, or what failed and why
    bool to_deploy = false;
    bool damaged = false; ///< something was wrong on disk, whether repaired or not
};

class LineageJob {
public:
    LineageJob(const Spool &spool, const LineageName &name, const RenewOptions &options,
               CaContexts &cas, Connections &connections, const Clock &clock);

    /// Never throws for what is wrong with this lineage or its CA: that is a result.
    JobResult run();
    /// What run() would do, in words; changes nothing. Throws Deferred where it would leave the CA
    /// alone.
    std::string preview();

private:
    enum class Attempt { allowed, not_yet };

    void load_spec();
    std::vector<std::string> look_at_damage();
    RenewalReason why_renew(const LineageFacts &facts);
    Attempt attempt() const;
    void walk();
    bool take(const Next &next);
    RenewalQuestion question_of_time(Generation live, const Certificate &certificate) const;
    bool is_on_schedule() const;
    void count_against_quota(Step step) const;
    void begin(Generation number);
    void begin_sealed(Generation number);
    void place_order(Generation number);
    void resume_order(Generation number);
    void finish_order(AcmeSession &session, const Account &account, const Order &order,
                      Generation number);
    Order request_order(AcmeSession &session, const OrderRequest &request,
                        std::shared_ptr<const Account> &account);
    bool asks_the_agent(Step step) const;
    /// One question to an agent; this and the next functions are in lineage_pull.cc.
    struct Pull {
        AgentSource source;
        std::vector<AgeIdentity> identities;
        const GenerationFacts *live; ///< or nullptr
        Generation number;           ///< that it will get here
        std::optional<AgentStatus> asked;
        std::string not_that; ///< why what is there is not what was promised

        AgeRecipient recipient() const { return identities.front().recipient(); }
        bool is_promised() const { return asked && asked->is_being_made; }
    };
    bool pull(Generation number);
    bool pull_as(AcmeSession &session, const Signer &account, Generation number);
    std::optional<AgentStatus> ask(Pull &pull);
    AgentSource::File fetch(Pull &pull, const std::string &known_tag);
    bool try_to_receive(Pull &pull, const AgentSource::File &file);
    bool receive(const Pull &pull, const AgentSource::File &file);
    void settle(Pull &pull);
    void leave_it_pending(const Pull &pull, Seconds pause);
    void rest(std::optional<Seconds> retry_after);
    bool switch_live(Generation number);
    void refresh_renewal_info(const Certificate &certificate, const CertificateTimes &times);
    void put_off(std::optional<AriRecord> known, const std::string &certificate_id,
                 Seconds by) const;
    std::optional<AriRecord> ari_of(const Certificate &certificate) const;
    std::optional<Time> live_until() const;
    void record_failure(const std::exception &e);
    void record_success();
    void forget_failures();
    /// Sets `due`, and tells whether the hook is to be run.
    void schedule(std::optional<Time> deferred_until);
    bool comes_from_agent() const { return spec_.source == "agent"; }
    CaContext &ca()
    {
        return comes_from_agent() ? cas_.at_server(spec_.server) : cas_.get(spec_.ca);
    }
    /// The file by which a new certificate is wished for although the old one is good.
    SpoolPath renewal_wish() const
    {
        return SpoolNames::lineage(lineage_.name(), LineageFile::renew);
    }

    const Spool &spool_;
    const Lineage lineage_;
    const RenewOptions &options_;
    CaContexts &cas_;
    Connections &connections_;
    const Clock &clock_;

    LineageSpec spec_;
    JobResult result_;
    RetryRecord retry_;
    bool forced_ = false;
    bool asked_ = false;             ///< the agent, in this look
    std::optional<Time> look_again_; ///< a certificate that is not valid yet, or an agent
};

}
