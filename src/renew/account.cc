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

AccountInfo register_key(AcmeSession &session, const PrivateKey &key, const CaConfig &config,
                         const CaName &ca)
{
    if (config.eab_kid.empty())
        return register_account(session, key, config.contact, nullptr);
    const ExternalAccount external{config.eab_kid, config.eab_key.copy(), config.eab_alg};
    try {
        return register_account(session, key, config.contact, &external);
    } catch (const CaProblem &problem) {
        if (problem.type != "unauthorized" && problem.type != "externalAccountRequired")
            throw;
        rethrow_while("register with the external account key " + config.eab_kid +
                      " (its operator makes another; give that with: acmeproxy ca add " + ca.str() +
                      " " + config.directory + " --replace --eab-kid KID --eab-key-file FILE)");
    }
}

/// nullopt, too, where the CA does not say: it may want the external binding before it looks for a
/// key, or have no word for what it found. To register a key that it knows gives its account
/// (RFC 8555, section 7.3.1).
std::optional<AccountInfo> look_for_account(AcmeSession &session, const PrivateKey &key)
try {
    return find_account(session, key);
} catch (const CaProblem &problem) {
    const bool is_vague = problem.type.empty() || problem.type == "malformed" ||
                          problem.type == "externalAccountRequired";
    if (!is_vague || problem.status < 400 || problem.status >= 500 || problem.asks_to_wait())
        throw;
    return std::nullopt;
}

void record(const AccountFiles &files, const AcmeService &service, const AccountInfo &info)
{
    files.write_record({info.url, service.directory_url(), info.contact});
}

/// For who holds the lock.
Account ensure_locked(const AccountFiles &files, AcmeSession &session, const CaConfig &config,
                      KeyType key_type)
{
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
    // A key that was just made can have no account.
    auto info = fresh ? std::nullopt : look_for_account(session, *key);
    const bool is_new = !info;
    if (is_new)
        info = register_key(session, *key, config, files.ca());
    record(files, session.service(), *info);
    if (is_new) {
        const std::string terms = session.directory().terms_of_service;
        log_info("account at " + files.ca().str() + ": registered" +
                 (terms.empty() ? "" : ", agreeing to the terms of service at " + terms));
    }
    return {std::move(*key), info->url};
}

}

Account ensure_account(const AccountFiles &files, AcmeSession &session, const CaConfig &config,
                       KeyType key_type)
try {
    files.prepare();
    const Lock lock = files.lock();
    return ensure_locked(files, session, config, key_type);
} catch (...) {
    rethrow_while("get the account at " + files.ca().str());
}

PublicKey account_key(const AccountFiles &files, KeyType key_type)
{
    files.prepare();
    const Lock lock = files.lock();
    if (files.next_key())
        throw Error("a rollover of the account key at " + files.ca().str() +
                    " was interrupted: which key is the account's is the CA's to say (ask it: "
                    "acmeproxy account show)");
    if (const auto key = files.key())
        return key->public_key();
    const PrivateKey key = PrivateKey::generate(key_type);
    files.write_key(key);
    log_info("account at " + files.ca().str() +
             ": made its key; the account itself comes with the first certificate");
    return key.public_key();
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
    files.prepare();
    // One lock for all of it: a next.pem that another process has left in between may be the key.
    const Lock lock = files.lock();
    const Account account = ensure_locked(files, session, config, key_type);
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
