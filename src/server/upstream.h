// SPDX-License-Identifier: MIT
// The gateway's ways to its CAs: a pool of connections for each CA, its directory and nonces, and
// the account there, which is only ever read: `acmeproxy ca add` and `acmeproxy renew` make it.
//
// Threads: Upstream and UpstreamCa may be shared, an UpstreamCall is of one request.
#pragma once

#include "acme/session.h"
#include "renew/ca_context.h"
#include "server/context.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

class UpstreamCa {
public:
    UpstreamCa(const ServerContext &context, const CaName &name);

    const CaName &name() const { return ca_.name(); }
    AcmeService &service() { return ca_.service(); }

    /// Has the directory fetched where it is not known yet. Throws a Problem (503) at once where
    /// that has just failed, and after a second where another thread is at it: one CA that does
    /// not answer must not hold the threads that others need.
    void know_directory(HttpClient &http, const Clock &clock);

    std::unique_ptr<HttpClient> take_client();
    void give_back(std::unique_ptr<HttpClient> client);

private:
    CaContext ca_;
    const std::size_t most_idle_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<HttpClient>> idle_;
    std::atomic<bool> is_directory_known_ = false;
    std::mutex directory_mutex_;
    std::condition_variable directory_asked_;
    bool is_asking_directory_ = false;
    bool is_directory_slow_ = false; ///< somebody has waited in vain for who is asking
    std::optional<std::chrono::steady_clock::time_point> directory_failed_;
};

/// All CAs that were asked for. A configuration that was changed counts from the next request on.
class Upstream {
public:
    explicit Upstream(const ServerContext &context) : context_(context) {}
    /// nullptr: there is no CA of that name. An empty one is the default CA's.
    std::shared_ptr<UpstreamCa> find(const std::string &name);

private:
    struct Known {
        std::shared_ptr<UpstreamCa> ca;
        std::string stamp; ///< of the configuration that it was made from
        std::chrono::steady_clock::time_point made;
    };

    const ServerContext &context_;
    std::mutex mutex_;
    std::map<std::string, Known> known_;
};

/// One request's session with a CA. Nothing that is begun through it ends much after `deadline`.
class UpstreamCall {
public:
    UpstreamCall(std::shared_ptr<UpstreamCa> ca, const Clock &clock,
                 std::chrono::steady_clock::time_point deadline);
    ~UpstreamCall();
    UpstreamCall(const UpstreamCall &) = delete;
    UpstreamCall &operator=(const UpstreamCall &) = delete;

    UpstreamCa &ca() { return *ca_; }
    /// For the next request to the CA. Throws Problem (503) where there is no time left for one.
    AcmeSession &session();

private:
    std::shared_ptr<UpstreamCa> ca_;
    const Clock &clock_;
    const std::chrono::steady_clock::time_point deadline_;
    std::unique_ptr<HttpClient> client_;
    AcmeSession session_;
};

/// Our account at the CA: "default", or a client's own. nullopt: there is none.
std::optional<Account> find_ca_account(const Spool &spool, UpstreamCa &ca,
                                       const std::string &owner);
/// The same. Throws Problem (503) where there is none.
Account read_ca_account(const Spool &spool, UpstreamCa &ca, const std::string &owner);

}
