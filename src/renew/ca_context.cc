// SPDX-License-Identifier: MIT
#include "renew/ca_context.h"

#include "base/log.h"
#include "base/time_text.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

constexpr int breaker_limit = 5;

CaConfig configured(const Spool &spool, const CaName &name, const RenewOptions &options)
{
    auto config = load_ca(spool, name);
    const bool overridden = name.str() == options.default_ca && !options.directory_url.empty();
    if (!config && !overridden)
        throw Error("there is no CA named \"" + name.str() + "\" (add it: acmeproxy ca add " +
                    name.str() + " URL)");
    if (!config)
        config.emplace();
    if (overridden)
        config->directory = options.directory_url;
    if (config->contact.empty()) {
        for (const std::string &address : options.contact)
            config->contact.push_back(address.find(':') == std::string::npos ? "mailto:" + address
                                                                             : address);
    }
    return std::move(*config);
}

HttpOptions with_trust(HttpOptions http, const CaConfig &config)
{
    http.ca_certificates.insert(http.ca_certificates.end(), config.ca_certificates.begin(),
                                config.ca_certificates.end());
    return http;
}

/// How long the CA wants to be left alone. A rate limit of an ACME server is mostly about some
/// names or one account, so it stops the others for an hour at most; an overloaded server (503)
/// stops all for as long as it says, a day at most.
Seconds pause_length(const CaProblem &problem)
{
    const bool limited = problem.status == 429 || problem.type == "rateLimited";
    const Seconds asked = problem.retry_after.value_or(Seconds(60));
    return std::min<Seconds>(asked, limited ? std::chrono::hours(1) : std::chrono::hours(24));
}

}

CaContext::CaContext(const Spool &spool, const CaName &name, const RenewOptions &options,
                     const Clock &clock, const std::string &called)
    : spool_(spool), name_(name), called_(called.empty() ? "the CA " + name.str() : called),
      clock_(clock), account_key_type_(options.account_key_type),
      config_(configured(spool, name, options)), http_(with_trust(options.http, config_)),
      trust_(http_), service_(config_.directory), pause_(load_pause(spool, name, clock.now()))
{
}

void CaContext::check_open()
{
    const std::lock_guard guard(manners_mutex_);
    if (pause_ && pause_->until > clock_.now())
        throw Deferred(fmt::format("{} asked for silence until {}: {} (end it early: remove {})",
                                   called_, format_rfc3339(pause_->until), pause_->why,
                                   spool_.path_of(SpoolNames::ca(name_, CaFile::pause))),
                       pause_->until);
    if (failures_in_a_row_ >= breaker_limit)
        throw Deferred(
            fmt::format("{} failed {} times in a row in this pass", called_, failures_in_a_row_),
            std::nullopt);
}

void CaContext::note_failure(const std::exception &e)
{
    const CaProblem *problem = find_cause<CaProblem>(e);
    const std::lock_guard guard(manners_mutex_);
    if (problem && problem->asks_to_wait()) {
        const Time now = clock_.now();
        const Pause pause{now + pause_length(*problem), problem->detail};
        if (!pause_ || pause_->until < pause.until) {
            pause_ = pause;
            save_pause(spool_, name_, pause, now);
        }
    } else if (find_cause<HttpError>(e) || (problem && problem->status >= 500)) {
        ++failures_in_a_row_;
    }
}

void CaContext::note_success()
{
    const std::lock_guard guard(manners_mutex_);
    failures_in_a_row_ = 0;
}

bool CaContext::advises()
{
    const std::lock_guard guard(manners_mutex_);
    return without_advice_in_a_row_ < breaker_limit;
}

void CaContext::note_advice()
{
    const std::lock_guard guard(manners_mutex_);
    without_advice_in_a_row_ = 0;
}

void CaContext::note_no_advice(const std::exception &e)
{
    const CaProblem *problem = find_cause<CaProblem>(e);
    const bool is_busy = problem && problem->asks_to_wait();
    if (is_busy && problem->status != 503)
        return note_failure(e);
    const std::lock_guard guard(manners_mutex_);
    if (is_busy)
        without_advice_in_a_row_ = breaker_limit;
    else if (find_cause<HttpError>(e) || (problem && problem->status >= 500))
        ++without_advice_in_a_row_;
}

AccountFiles CaContext::account_files(const ClientId &owner) const
{
    return {spool_, name_, owner};
}

std::shared_ptr<const Account> CaContext::account(AcmeSession &session, const ClientId &owner)
{
    const std::lock_guard guard(account_mutex_);
    auto &account = accounts_[owner];
    if (account)
        return account;
    if (const auto refusal = refusals_.find(owner); refusal != refusals_.end())
        std::rethrow_exception(refusal->second);
    try {
        account = std::make_shared<Account>(
            ensure_account(account_files(owner), session, config_, account_key_type_));
    } catch (const Error &e) {
        const CaProblem *problem = find_cause<CaProblem>(e);
        if (problem && problem->status >= 400 && problem->status < 500 &&
            !problem->asks_to_wait() && problem->type != "badNonce")
            refusals_[owner] = std::current_exception();
        throw;
    }
    return account;
}

void CaContext::forget(const Account &account, const ClientId &owner)
{
    const std::lock_guard guard(account_mutex_);
    auto &known = accounts_[owner];
    if (!known || known->url != account.url)
        return; // another worker was first
    forget_account(account_files(owner), account.url);
    known.reset();
}

CaContext &CaContexts::get(const std::string &name)
{
    return get_as(name.empty() ? options_.default_ca : name, "");
}

CaContext &CaContexts::get_as(const std::string &actual, const std::string &called)
{
    const std::lock_guard guard(mutex_);
    if (const auto found = contexts_.find(actual); found != contexts_.end())
        return *found->second;
    // Made before it is put in: an unknown name must leave nothing.
    auto context =
        std::make_unique<CaContext>(spool_, CaName::parse(actual), options_, clock_, called);
    return *contexts_.emplace(actual, std::move(context)).first->second;
}

CaContext &CaContexts::at_server(const std::string &server)
{
    {
        const std::lock_guard guard(mutex_);
        if (const auto found = servers_.find(server); found != servers_.end())
            return *contexts_.at(found->second.str());
    }
    const auto name = find_server(spool_, server);
    if (!name)
        throw Error("there is no account at " + server +
                    " (acmeproxy cert add --source agent makes one; acmeproxy ca add NAME " +
                    agent_directory(server) + ", too)");
    CaContext &context = get_as(name->str(), "the agent " + server);
    const std::lock_guard guard(mutex_);
    servers_.emplace(server, *name);
    return context;
}

HttpClient &Connections::to(CaContext &ca)
{
    auto &client = clients_[&ca];
    if (!client)
        client = std::make_unique<HttpClient>(ca.trust(), ca.http_options());
    return *client;
}

}
