// SPDX-License-Identifier: MIT
#include "renew/pass.h"

#include "base/log.h"
#include "base/stop.h"
#include "renew/agent_requests.h"
#include "renew/own_accounts.h"
#include "spool/agent_requests.h"
#include "spool/challenges.h"
#include "spool/client_store.h"
#include "spool/client_tokens.h"
#include "spool/secret_keys.h"
#include "spool/spent_nonces.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <set>
#include <thread>

namespace acmeproxy {

namespace {

/// What the workers share.
class Work {
public:
    Work(const std::vector<LineageName> &names) : names_(names) {}

    const LineageName *take()
    {
        const std::lock_guard guard(mutex_);
        if (next_ == names_.size() || stop_requested())
            return nullptr;
        const LineageName &name = names_[next_++];
        at_work_.insert(name.str());
        show();
        return &name;
    }

    void done(const LineageName &name, const JobResult &result)
    {
        report(name, result);
        const std::lock_guard guard(mutex_);
        at_work_.erase(name.str());
        ++total_.looked_at;
        total_.obtained += result.end == JobResult::End::obtained;
        total_.failed += result.end == JobResult::End::failed || result.damaged;
        total_.deferred += result.end == JobResult::End::deferred;
        if (result.to_deploy)
            total_.to_deploy.push_back(name);
        show();
    }

    PassResult result()
    {
        show_progress("");
        std::sort(total_.to_deploy.begin(), total_.to_deploy.end());
        return total_;
    }

private:
    void report(const LineageName &name, const JobResult &result)
    {
        const std::string line = name.str() + ": " + result.text;
        switch (result.end) {
        case JobResult::End::failed:
            log_error(line);
            break;
        case JobResult::End::deferred:
            log_warning(line);
            break;
        case JobResult::End::busy:
            log_info(name.str() + ": another process works on it");
            break;
        default:
            if (!result.text.empty())
                log_info(line);
        }
    }

    void show()
    {
        std::string names;
        for (const std::string &name : at_work_)
            names += (names.empty() ? "" : ", ") + name;
        show_progress(fmt::format("{}/{} {}", total_.looked_at, names_.size(), names));
    }

    const std::vector<LineageName> &names_;
    std::mutex mutex_;
    std::size_t next_ = 0;
    std::set<std::string> at_work_;
    PassResult total_;
};

void work_until_done(Work &work, const Spool &spool, const RenewOptions &options, CaContexts &cas,
                     const Clock &clock)
{
    Connections connections;
    while (const LineageName *name = work.take()) {
        LineageJob job(spool, *name, options, cas, connections, clock);
        work.done(*name, job.run());
    }
}

/// Of the web programs, too: they only ever add.
void sweep_all(const Spool &spool, Time now)
{
    sweep(spool, now);
    rotate_secret_keys(spool, now);
    sweep_nonces(spool, now, nonce_lifetime);
    const ClientStore clients(spool);
    clients.sweep_accounts(now);
    clients.sweep_counters(now);
    ClientTokens(spool).sweep(now);
    AgentRequests(spool).sweep(now);
}

}

std::vector<LineageName> find_due(const Spool &spool, const RenewOptions &options, Time now)
{
    if (!options.names.empty()) {
        for (const LineageName &name : options.names) {
            if (!Lineage(spool, name).exists())
                throw Error("there is no lineage named \"" + name.str() +
                            "\" (acmeproxy cert list shows them)");
        }
        std::vector<LineageName> names = options.names;
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        return names;
    }
    std::vector<LineageName> names;
    const auto certs = spool.dir().open_dir(SpoolNames::folder(SpoolFolder::certs).str());
    if (!certs)
        throw Error("open " + spool.path_of(SpoolNames::folder(SpoolFolder::certs)) +
                    ": there is no such folder (acmeproxy spool check --repair)");
    std::string path;
    certs->scan("", [&](const char *name) {
        path.assign(name).append("/due");
        struct stat st = {};
        const bool there = ::fstatat(certs->fd(), path.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
        // A missing `due` counts as now: a lineage must not be lost with it.
        const bool is_wanted = options.force || is_due(Time(Seconds(st.st_mtime)), now);
        if (there ? !is_wanted : errno == ENOTDIR)
            return;
        try {
            names.push_back(LineageName::parse(name));
        } catch (const Error &e) {
            log_warning(std::string(e.what()) + " (acmeproxy spool check)");
        }
    });
    std::sort(names.begin(), names.end());
    return names;
}

PassResult run_pass(const Spool &spool, const RenewOptions &options, const Clock &clock)
{
    CaContexts cas(spool, options, clock);
    RequestsResult requests;
    if (options.names.empty()) // what was wished for is due at once
        requests = apply_agent_requests(spool, options, cas, clock);
    const std::vector<LineageName> names = find_due(spool, options, clock.now());
    Work work(names);
    const std::size_t workers =
        std::min<std::size_t>(static_cast<std::size_t>(options.workers), names.size());
    if (workers <= 1) {
        work_until_done(work, spool, options, cas, clock);
    } else {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < workers; ++i)
            threads.emplace_back([&] { work_until_done(work, spool, options, cas, clock); });
    }
    PassResult result = work.result();
    result.failed += requests.failed;
    try {
        if (options.names.empty()) {
            result.failed += make_own_accounts(spool, options, cas, clock);
            sweep_all(spool, clock.now());
        }
    } catch (const std::exception &e) {
        // What was obtained must be deployed all the same.
        log_error("sweep: " + describe(e));
        ++result.failed;
    }
    return result;
}

PassResult preview_pass(const Spool &spool, const RenewOptions &options, const Clock &clock)
{
    PassResult result;
    CaContexts cas(spool, options, clock);
    Connections connections;
    for (const LineageName &name : find_due(spool, options, clock.now())) {
        ++result.looked_at;
        try {
            LineageJob job(spool, name, options, cas, connections, clock);
            fmt::print("{}: {}\n", name.str(), job.preview());
        } catch (const Deferred &e) {
            fmt::print("{}: would wait: {}\n", name.str(), e.what());
        } catch (const std::exception &e) {
            log_error(name.str() + ": " + describe(e));
            ++result.failed;
        }
    }
    return result;
}

}
