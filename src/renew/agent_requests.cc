// SPDX-License-Identifier: MIT
#include "renew/agent_requests.h"

#include "acme/issued.h"
#include "acme/order.h"
#include "base/log.h"
#include "base/stop.h"
#include "renew/agent_policy.h"
#include "renew/schedule.h"
#include "spool/agent_requests.h"
#include "spool/lineage.h"
#include "spool/lineage_owner.h"
#include "spool/name_claims.h"

#include <functional>

namespace acmeproxy {

namespace {

/// Another process works on it, or its CA is away: the wish stays for a later pass.
class NotNow : public Error {
public:
    using Error::Error;
};

[[noreturn]] void no_such_lineage()
{
    throw Problem("unauthorized", "there is no such certificate", 404);
}

class Application {
public:
    Application(const Spool &spool, const RenewOptions &options, CaContexts &cas,
                const Clock &clock, const LineageName &name, const AgentWish &wish)
        : spool_(spool), options_(options), cas_(cas), clock_(clock),
          client_(*owner_of_lineage(name)), lineage_(spool, name), wish_(wish)
    {
    }

    void run()
    {
        const ClientStore clients(spool_);
        policy_ = agent_policy(clients, client_);
        check_account(clients);
        switch (wish_.kind) {
        case AgentWish::Kind::want:
            return want();
        case AgentWish::Kind::renew:
            return renew();
        case AgentWish::Kind::revoke:
            return revoke();
        case AgentWish::Kind::remove:
            return remove();
        }
    }

private:
    void check_account(const ClientStore &clients) const
    {
        const ClientScopedId id = ClientScopedId::parse(wish_.account);
        const auto account = clients.account(id);
        if (id.client() != client_ || !account || !clients.why_ended(*account).empty())
            throw Problem("unauthorized", "the account that asked is not valid any more", 403);
    }

    Lock lock_lineage() const
    {
        auto lock = lineage_.lock();
        if (!lock)
            throw NotNow("another process works on it");
        return std::move(*lock);
    }

    /// Of this client; whatever else bears the name does not exist for it.
    LineageSpec own_spec() const
    {
        if (!lineage_.exists())
            no_such_lineage();
        LineageSpec spec = lineage_.spec();
        if (spec.owner != client_)
            no_such_lineage();
        return spec;
    }

    void want()
    {
        check_want();
        const NameClaims claims(spool_);
        const Lock lock = claims.lock();
        check_agent_names(spool_, client_, policy_, wish_.identifiers);
        const bool is_new = !lineage_.exists();
        if (is_new)
            check_quota(); // first, lest a refused wish leave claims
        claims.claim(client_, wish_.identifiers);
        if (is_new)
            create();
        else
            change(claims);
    }

    void check_quota() const
    {
        const std::size_t count = lineages_of(spool_, client_).size();
        if (count >= static_cast<std::size_t>(policy_.max_lineages))
            throw Problem("unauthorized",
                          "this client has " + std::to_string(count) +
                              " certificates, as many as it may",
                          403);
    }

    void check_want() const
    {
        check_agent_profile(policy_, wish_.profile);
        if (wish_.identifiers.size() > most_names_of_order)
            throw Problem("malformed", std::to_string(wish_.identifiers.size()) +
                                           " names are more than an order takes");
        if (wish_.csr.empty()) {
            if (wish_.recipients.empty())
                throw Problem("malformed", "there is no recipient to seal for");
            return;
        }
        const Csr csr = Csr::from_pem(wish_.csr);
        if (!same_set(csr.identifiers(), wish_.identifiers))
            throw Problem("badCSR", "the request is for other names");
        if (const auto weakness = weakness_of(csr.public_key()))
            throw Problem("badCSR", *weakness);
    }

    void set_wanted(LineageSpec &spec) const
    {
        spec.identifiers = wish_.identifiers;
        spec.deliver = "sealed";
        spec.owner = client_;
        spec.recipients = wish_.recipients;
        spec.key_type = wish_.key_type;
        spec.reuse_key = wish_.reuse_key;
        spec.profile = wish_.profile;
        spec.csr = wish_.csr;
    }

    void create() const
    {
        LineageSpec spec;
        set_wanted(spec);
        if (!Lineage::create(spool_, lineage_.name(), spec))
            throw NotNow("it was made by another process meanwhile");
    }

    /// CA, chain, hook and escrow key stay as the operator set them.
    void change(const NameClaims &claims) const
    {
        const LineageSpec before = own_spec();
        const Lock lock = lock_lineage();
        LineageSpec spec = before;
        set_wanted(spec);
        if (!(to_json(spec) == to_json(before)))
            lineage_.write_spec(spec);
        claims.release(client_, before.identifiers);
        lineage_.set_due(clock_.now());
    }

    void renew() const
    {
        own_spec();
        if (lineage_.stored_last_day(clock_.now()) >= most_certificates_a_day)
            throw Problem("rateLimited", "it was renewed twice in the last 24 hours");
        ask_for_renewal();
    }

    void ask_for_renewal() const
    {
        spool_.touch(SpoolNames::lineage(lineage_.name(), LineageFile::renew));
        lineage_.set_due(clock_.now());
    }

    void revoke() const
    {
        LineageSpec spec = own_spec();
        const auto chain = lineage_.chain(wish_.generation);
        if (!chain)
            no_such_lineage();
        const auto wanted = lineage_.wanted(wish_.generation);
        revoke_at_ca(cas_.get(wanted ? wanted->ca : spec.ca), account_owner(spool_, spec),
                     chain->front());
        if (lineage_.live() != wish_.generation)
            return;
        constexpr int key_compromise = 1;
        const Lock lock = lock_lineage();
        if (wish_.reason == key_compromise && spec.reuse_key) {
            spec.reuse_key = false;
            lineage_.write_spec(spec);
        }
        ask_for_renewal();
    }

    void revoke_at_ca(CaContext &ca, const ClientId &owner, const Certificate &certificate) const
    {
        try {
            ca.check_open();
            HttpClient http(ca.trust(), ca.http_options());
            AcmeSession session(http, ca.service(), clock_, options_.random);
            const auto account = ca.account(session, owner);
            revoke_certificate(session, account->signer(), certificate, wish_.reason);
            ca.note_success();
        } catch (const Deferred &e) {
            throw NotNow(e.what());
        } catch (const CaProblem &problem) {
            ca.note_failure(problem);
            if (problem.asks_to_wait() || problem.status >= 500)
                throw;
            throw Problem(problem.type.empty() ? "malformed" : problem.type, problem.detail);
        } catch (const std::exception &e) {
            ca.note_failure(e);
            throw;
        }
    }

    void remove() const
    {
        if (!lineage_.exists())
            return; // a repetition
        const NameClaims claims(spool_);
        const Lock claims_lock = claims.lock();
        const LineageSpec spec = own_spec();
        const Lock lock = lock_lineage();
        lineage_.remove();
        claims.release(client_, spec.identifiers);
    }

    const Spool &spool_;
    const RenewOptions &options_;
    CaContexts &cas_;
    const Clock &clock_;
    const ClientId client_;
    const Lineage lineage_;
    const AgentWish &wish_;
    ClientPolicy policy_;
};

/// The Problem that `apply` throws, if any.
std::optional<Problem> refusal_by(const std::function<void()> &apply)
try {
    apply();
    return std::nullopt;
} catch (const Problem &problem) {
    return problem;
}

/// What a client sees of its refusal; subproblems are told in the text.
AgentRefusal refusal_of(const AgentWish &wish, const Problem &problem, Time now)
{
    std::string detail = problem.what();
    if (problem.subproblems.size() > 1) {
        for (const Subproblem &sub : problem.subproblems)
            detail += "; " + sub.identifier + ": " + sub.detail;
    }
    return {to_text(wish.kind), problem.type, detail, now};
}

}

RequestsResult apply_agent_requests(const Spool &spool, const RenewOptions &options,
                                    CaContexts &cas, const Clock &clock)
{
    RequestsResult result;
    const AgentRequests requests(spool);
    for (const LineageName &name : requests.list()) {
        if (stop_requested())
            break;
        const std::string about = name.str() + ": its client's wish";
        std::optional<AgentWish> wish;
        try {
            wish = requests.find(name);
            if (!wish)
                continue; // taken back, or another pass was faster
            const auto problem =
                refusal_by([&] { Application(spool, options, cas, clock, name, *wish).run(); });
            if (problem)
                requests.refuse(name, refusal_of(*wish, *problem, clock.now()));
            else
                requests.forget_refusal(name); // of a wish before, written when this one was there
            requests.done(name, *wish);
            const std::string what = about + " (" + to_text(wish->kind) + ") is ";
            if (problem)
                log_warning(what + "refused: " + problem->what());
            else
                log_info(what + "applied");
            ++(problem ? result.refused : result.applied);
        } catch (const NotNow &e) {
            log_info(about + " waits: " + e.what());
        } catch (const std::exception &e) {
            log_error(about + ": " + describe(e));
            ++result.failed;
            // Of a file that cannot be read nothing will ever come.
            if (!wish && !find_cause<std::system_error>(e) && !find_cause<NewerFormat>(e))
                requests.drop(name);
        }
    }
    return result;
}

}
