// SPDX-License-Identifier: MIT
// A CA as the workers of one pass share it: configuration, trust, directory, nonces, account, and
// the manners: a pause that the CA asked for, and a circuit breaker.
//
// Threads: all members may be called at once, unless said otherwise.
#pragma once

#include "acme/ca_problem.h"
#include "acme/session.h"
#include "renew/account.h"
#include "renew/options.h"
#include "spool/ca_store.h"

#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace acmeproxy {

/// The CA is left alone for now: nothing was tried, no attempt is counted.
class Deferred : public Error {
public:
    Deferred(const std::string &text, std::optional<Time> until_) : Error(text), until(until_) {}
    std::optional<Time> until;
};

class CaContext {
public:
    /// Throws Error where `name` is no CA. `called` is what texts say instead of "the CA NAME".
    CaContext(const Spool &spool, const CaName &name, const RenewOptions &options,
              const Clock &clock, const std::string &called = "");

    const CaName &name() const { return name_; }
    const CaConfig &config() const { return config_; }
    const HttpTrust &trust() const { return trust_; }
    const HttpOptions &http_options() const { return http_; }
    AcmeService &service() { return service_; }

    /// Throws Deferred while the CA is paused or the breaker is open.
    void check_open();
    /// Takes note of a failure that `e` tells of: starts a pause, moves the breaker.
    void note_failure(const std::exception &e);
    void note_success();
    /// The same of renewal information, which is served apart at many CAs: that it cannot be had
    /// must not keep certificates from being renewed. Only a rate limit counts for all.
    bool advises();
    void note_advice();
    void note_no_advice(const std::exception &e);

    /// The account of cas/CA/accounts/OWNER, made on first use. What the CA refuses it does not
    /// hear again from the other lineages of the pass.
    std::shared_ptr<const Account> account(AcmeSession &session,
                                           const ClientId &owner = ClientId::parse("default"));
    /// The CA does not know this account any more.
    void forget(const Account &account, const ClientId &owner = ClientId::parse("default"));
    AccountFiles account_files(const ClientId &owner = ClientId::parse("default")) const;

private:
    const Spool &spool_;
    const CaName name_;
    const std::string called_;
    const Clock &clock_;
    const KeyType account_key_type_;
    CaConfig config_;
    HttpOptions http_;
    HttpTrust trust_;
    AcmeService service_;

    std::mutex account_mutex_;
    std::map<ClientId, std::shared_ptr<const Account>> accounts_;
    std::map<ClientId, std::exception_ptr> refusals_;
    std::mutex manners_mutex_;
    std::optional<Pause> pause_;
    int failures_in_a_row_ = 0;
    int without_advice_in_a_row_ = 0;
};

/// All CAs that a pass has met.
class CaContexts {
public:
    CaContexts(const Spool &spool, const RenewOptions &options, const Clock &clock)
        : spool_(spool), options_(options), clock_(clock)
    {
    }
    /// The name as a lineage has it; empty: the default CA.
    CaContext &get(const std::string &name);
    /// The entry of an agent's server. Throws Error where there is none.
    CaContext &at_server(const std::string &server);

private:
    CaContext &get_as(const std::string &name, const std::string &called);

    const Spool &spool_;
    const RenewOptions &options_;
    const Clock &clock_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<CaContext>> contexts_;
    std::map<std::string, CaName> servers_; ///< by URL
};

/// One worker's connections: an HttpClient for each CA it has talked to. Not for several threads.
class Connections {
public:
    HttpClient &to(CaContext &ca);

private:
    std::map<const CaContext *, std::unique_ptr<HttpClient>> clients_;
};

}
