// SPDX-License-Identifier: MIT
// Our account at a CA, crash-safe (RFC 8555, section 7.3): the key is durable before it is
// registered, the record of the account is a cache that the CA can restore.
#pragma once

#include "acme/account.h"
#include "spool/ca_store.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct Account {
    PrivateKey key;
    std::string url;
    Signer signer() const { return {key, url}; }
};

/// The account of `files`, made where it is missing: a key, a look by onlyReturnExisting, a
/// registration. An interrupted rollover is brought to its end first. Takes the CA's lock.
Account ensure_account(const AccountFiles &files, AcmeSession &session, const CaConfig &config,
                       KeyType key_type);
/// The public key that the account has, or will have: the key is made where there is none, and the
/// CA is not asked. Throws Error while an interrupted rollover leaves open which key is the one.
PublicKey account_key(const AccountFiles &files, KeyType key_type);
/// The CA no longer knows `url`: forgets it, so that the next ensure_account asks again.
void forget_account(const AccountFiles &files, const std::string &url);
/// Section 7.3.5. next.pem is durable before the CA is asked, and becomes key.pem after.
void roll_over(const AccountFiles &files, AcmeSession &session, const CaConfig &config,
               KeyType key_type);
/// Deactivates it at the CA, then removes its files.
void deactivate(const AccountFiles &files, AcmeSession &session, const Account &account);
/// Replaces the contact at the CA and in the record.
void set_contact(const AccountFiles &files, AcmeSession &session, const Account &account,
                 const std::vector<std::string> &contact);

}
