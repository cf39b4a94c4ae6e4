// SPDX-License-Identifier: MIT
#include "server/upstream.h"

#include "base/log.h"
#include "base/problem.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

using std::chrono::milliseconds;

/// A client that gets no answer gives up after 10 to 45 s.
constexpr std::chrono::seconds connect_timeout{5};
constexpr std::chrono::seconds exchange_timeout{12};
constexpr milliseconds least_time_left{500};
/// After that long a CA's directory and the trusted certificates are read again.
constexpr std::chrono::hours longest_use{6};

constexpr Seconds directory_retry{5};
/// For a directory that another thread asks for.
constexpr std::chrono::seconds directory_patience{1};

Problem later(const std::string &detail, Seconds retry_after)
{
    Problem problem("serverInternal", detail, 503);
    problem.retry_after = retry_after;
    return problem;
}

RenewOptions impatient(RenewOptions options)
{
    options.http.connect_timeout = connect_timeout;
    options.http.timeout = exchange_timeout;
    return options;
}

/// Another text where ca.json was replaced.
std::string stamp_of(const Spool &spool, const CaName &name)
{
    const auto st = spool.dir().status(SpoolNames::ca(name, CaFile::ca).str());
    return st ? fmt::format("{} {}.{}", st->st_ino, st->st_mtim.tv_sec, st->st_mtim.tv_nsec) : "";
}

std::optional<CaName> parse_name(const std::string &text)
{
    try {
        return CaName::parse(text);
    } catch (const Error &) {
        return std::nullopt;
    }
}

bool is_known(const ServerContext &context, const CaName &name)
{
    const RenewOptions &renew = context.renew;
    return (name.str() == renew.default_ca && !renew.directory_url.empty()) ||
           load_ca(context.spool, name).has_value();
}

}

UpstreamCa::UpstreamCa(const ServerContext &context, const CaName &name)
    : ca_(context.spool, name, impatient(context.renew), context.clock),
      most_idle_(static_cast<std::size_t>(context.options.threads))
{
}

void UpstreamCa::know_directory(HttpClient &http, const Clock &clock)
{
    if (is_directory_known_)
        return;
    std::unique_lock lock(directory_mutex_);
    const auto is_asked = [this] { return !is_asking_directory_; };
    if (!is_asked() &&
        (is_directory_slow_ || !directory_asked_.wait_for(lock, directory_patience, is_asked))) {
        is_directory_slow_ = true;
        throw later("the CA is slow; try again later", directory_retry);
    }
    if (is_directory_known_)
        return;
    if (directory_failed_ && clock.steady() - *directory_failed_ < directory_retry)
        throw later("the CA cannot be reached; try again later", directory_retry);
    is_asking_directory_ = true;
    is_directory_slow_ = false;
    lock.unlock();
    const auto end = [&](std::optional<std::chrono::steady_clock::time_point> failed) {
        lock.lock();
        directory_failed_ = failed;
        is_directory_known_ = !failed;
        is_asking_directory_ = false;
        directory_asked_.notify_all();
    };
    try {
        service().directory(http, clock);
    } catch (...) {
        end(clock.steady());
        throw;
    }
    end(std::nullopt);
}

std::unique_ptr<HttpClient> UpstreamCa::take_client()
{
    {
        const std::lock_guard guard(mutex_);
        if (!idle_.empty()) {
            auto client = std::move(idle_.back());
            idle_.pop_back();
            return client;
        }
    }
    return std::make_unique<HttpClient>(ca_.trust(), ca_.http_options());
}

void UpstreamCa::give_back(std::unique_ptr<HttpClient> client)
{
    const std::lock_guard guard(mutex_);
    if (idle_.size() < most_idle_)
        idle_.push_back(std::move(client));
}

std::shared_ptr<UpstreamCa> Upstream::find(const std::string &text)
{
    const auto name = parse_name(text.empty() ? context_.renew.default_ca : text);
    if (!name)
        return nullptr;
    const std::string stamp = stamp_of(context_.spool, *name);
    const auto now = context_.clock.steady();
    const std::lock_guard guard(mutex_);
    const auto found = known_.find(name->str());
    if (found != known_.end() && found->second.stamp == stamp &&
        now - found->second.made < longest_use)
        return found->second.ca;
    if (!is_known(context_, *name)) {
        known_.erase(name->str());
        return nullptr;
    }
    auto ca = std::make_shared<UpstreamCa>(context_, *name);
    known_[name->str()] = {ca, stamp, now};
    return ca;
}

UpstreamCall::UpstreamCall(std::shared_ptr<UpstreamCa> ca, const Clock &clock,
                           std::chrono::steady_clock::time_point deadline)
    : ca_(std::move(ca)), clock_(clock), deadline_(deadline), client_(ca_->take_client()),
      session_(*client_, ca_->service(), clock)
{
}

UpstreamCall::~UpstreamCall()
{
    try {
        ca_->give_back(std::move(client_));
    } catch (const std::exception &) {
        // the connection is closed instead of kept
    }
}

AcmeSession &UpstreamCall::session()
{
    const auto left = std::chrono::floor<milliseconds>(deadline_ - clock_.steady());
    if (left < least_time_left)
        throw later("the CA is too slow; try again later", Seconds(10));
    client_->set_timeout(std::min<milliseconds>(left, exchange_timeout));
    ca_->know_directory(*client_, clock_);
    return session_;
}

std::optional<Account> find_ca_account(const Spool &spool, UpstreamCa &ca, const std::string &owner)
{
    const AccountFiles files(spool, ca.name(), ClientId::parse(owner));
    auto key = files.key();
    const auto record = files.record();
    if (!key || !record || record->directory != ca.service().directory_url())
        return std::nullopt;
    return Account{std::move(*key), record->url};
}

Account read_ca_account(const Spool &spool, UpstreamCa &ca, const std::string &owner)
{
    if (auto account = find_ca_account(spool, ca, owner))
        return std::move(*account);
    const AccountFiles files(spool, ca.name(), ClientId::parse(owner));
    log_error("gateway: there is no account at the CA " + ca.name().str() + " in " + files.path() +
              " (acmeproxy ca add and acmeproxy renew make one)");
    throw later("this gateway has no account at the CA yet; its operator has to make one",
                std::chrono::minutes(10));
}

}
