// SPDX-License-Identifier: MIT
#include "renew/account.h"

#include "base/log.h"

namespace acmeproxy {

namespace {

/// An interrupted rollover: whichever key the CA has is the account's.
void finish_rollover(const AccountFiles &files, AcmeSession &session)
{
    const auto next = files.next_key();
    const auto known = files.record();
    // Only the CA that was asked can tell.
    if (!next || (known && known->directory != session.service().directory_url()))
        return;
    if (find_account(session, *next)) {
        files.promote_next_key();
        log_info("account at " + files.ca().str() + ": an interrupted key rollover is complete");
    } else {
        files.drop_next_key();
    }
}

AccountInfo find_or_register(AcmeSession &session, const PrivateKey &key, bool fresh,
                             const CaConfig &config)
{
    // A key that was just made can have no account.
    if (!fresh) {
        if (auto found = find_account(session, key))
            return *found;
    }
    ExternalAccount external;
    const bool bound = !config.eab_kid.empty();
    if (bound)
        external = {config.eab_kid, config.eab_key.copy(), config.eab_alg};
    return register_account(session, key, config.contact, bound ? &external : nullptr);
}

void record(const AccountFiles &files, const AcmeService &service, const AccountInfo &info)
{
    files.write_record({info.url, service.directory_url(), info.contact});
}

}

Account ensure_account(const AccountFiles &files, AcmeSession &session, const CaConfig &config,
                       KeyType key_type)
try {
    files.prepare();
    const Lock lock = files.lock();
    finish_rollover(files, session);
    auto key = files.key();
    const bool fresh = !key;
    if (!key) {
        key = PrivateKey::generate(key_type);
        files.write_key(*key);
    }
    const auto known = files.record();
    if (!fresh && known && known->directory == session.service().directory_url())
        return {std::move(*key), known->url};
    const AccountInfo info = find_or_register(session, *key, fresh, config);
    record(files, session.service(), info);
    if (fresh) {
        const std::string terms = session.directory().terms_of_service;
        log_info("account at " + files.ca().str() + ": registered" +
                 (terms.empty() ? "" : ", agreeing to the terms of service at " + terms));
    }
    return {std::move(*key), info.url};
} catch (...) {
    rethrow_while("get the account at " + files.ca().str());
}

void forget_account(const AccountFiles &files, const std::string &url)
{
    const Lock lock = files.lock();
    const auto known = files.record();
    if (known && known->url == url)
        files.drop_record();
}

void roll_over(const AccountFiles &files, AcmeSession &session, const CaConfig &config,
               KeyType key_type)
try {
    const Account account = ensure_account(files, session, config, key_type);
    const Lock lock = files.lock();
    const PrivateKey next = PrivateKey::generate(key_type);
    files.write_next_key(next);
    try {
        change_account_key(session, account.signer(), next);
    } catch (const CaProblem &problem) {
        // A refusal may be of a request that was sent again since its first answer was lost, so
        // the CA is asked which key it has. Without a clear answer next.pem stays, and the next
        // use of the account finds out.
        if (problem.status < 400 || problem.status >= 500)
            throw;
        if (!find_account(session, next)) {
            files.drop_next_key();
            throw;
        }
    }
    files.promote_next_key();
} catch (...) {
    rethrow_while("roll over the account key at " + files.ca().str());
}

void deactivate(const AccountFiles &files, AcmeSession &session, const Account &account)
{
    const Lock lock = files.lock();
    deactivate_account(session, account.signer());
    files.remove();
}

void set_contact(const AccountFiles &files, AcmeSession &session, const Account &account,
                 const std::vector<std::string> &contact)
{
    const Lock lock = files.lock();
    record(files, session.service(), update_contact(session, account.signer(), contact));
}

}
