// SPDX-License-Identifier: MIT
#include "renew/own_accounts.h"

#include "base/log.h"
#include "base/stop.h"
#include "spool/client_store.h"

#include <set>

namespace acmeproxy {

namespace {

bool has_account(const AccountFiles &files, CaContext &ca)
{
    const auto record = files.record();
    return record && record->directory == ca.service().directory_url() && files.key();
}

void make_account(const AccountFiles &files, CaContext &ca, const RenewOptions &options,
                  Connections &connections, const Clock &clock)
{
    ca.check_open();
    try {
        AcmeSession session(connections.to(ca), ca.service(), clock);
        ensure_account(files, session, ca.config(), options.account_key_type);
        ca.note_success();
    } catch (const std::exception &e) {
        ca.note_failure(e);
        throw;
    }
}

/// The names of the CAs at which this client needs an account.
std::set<std::string> cas_of(const ClientPolicy &policy, const RenewOptions &options)
{
    std::set<std::string> names{options.default_ca};
    for (const CaName &name : policy.cas)
        names.insert(name.str());
    return names;
}

}

int make_own_accounts(const Spool &spool, const RenewOptions &options, CaContexts &cas,
                      const Clock &clock)
{
    int failed = 0;
    Connections connections;
    const ClientStore store(spool);
    for (const ClientId &client : store.clients()) {
        const auto policy = store.policy(client);
        if (!policy || !policy->enabled || !policy->own_account)
            continue;
        for (const std::string &name : cas_of(*policy, options)) {
            if (stop_requested())
                return failed;
            try {
                CaContext &ca = cas.get(name);
                const AccountFiles files(spool, ca.name(), client);
                if (!has_account(files, ca))
                    make_account(files, ca, options, connections, clock);
            } catch (const Deferred &e) {
                log_warning("client " + client.str() + ": " + describe(e));
            } catch (const std::exception &e) {
                log_error("client " + client.str() + ": " + describe(e));
                ++failed;
            }
        }
    }
    return failed;
}

}
