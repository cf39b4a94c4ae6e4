// SPDX-License-Identifier: MIT
// One look at one lineage: from its state on disk, step by step, to a certificate that is live or a
// failure that is recorded. Holds the lineage's lock all the while; no step needs the memory of the
// one before (doc/spool.md, "The states of a lineage").
#pragma once

#include "acme/order.h"
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
    /// What run() would do, in words; changes nothing.
    std::string preview();

private:
    enum class Attempt { allowed, not_yet };

    void load_spec();
    std::vector<std::string> look_at_damage();
    RenewalReason why_renew(const LineageFacts &facts);
    Attempt attempt() const;
    void walk();
    bool take(const Next &next);
    void begin(Generation number);
    void place_order(Generation number);
    void resume_order(Generation number);
    void finish_order(AcmeSession &session, const Account &account, const Order &order,
                      Generation number);
    Order request_order(AcmeSession &session, const OrderRequest &request,
                        std::shared_ptr<const Account> &account);
    bool switch_live(Generation number);
    void refresh_renewal_info(const Certificate &certificate, const CertificateTimes &times);
    std::optional<AriRecord> ari_of(const Certificate &certificate) const;
    int stored_last_day() const;
    void record_failure(const std::exception &e);
    void record_success();
    void forget_failures();
    /// Sets `due`, and tells whether the hook is to be run.
    void schedule(std::optional<Time> deferred_until);
    CaContext &ca() { return cas_.get(spec_.ca); }

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
    std::optional<Time> look_again_; ///< a certificate that is not valid yet
};

}
