// SPDX-License-Identifier: MIT
// Accounts at a CA (RFC 8555, section 7.3). The caller makes the key durable before it registers:
// then a lost answer is repaired by find_account.
#pragma once

#include "acme/ca_problem.h"
#include "acme/session.h"
#include "crypto/secret.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct AccountInfo {
    std::string url;    ///< the "kid" of all further requests
    std::string status; ///< valid, deactivated, revoked
    std::vector<std::string> contact;
};

/// External account binding (section 7.3.4): what a CA gave its customer.
struct ExternalAccount {
    std::string kid;
    Secret mac_key;            ///< decoded
    std::string alg = "HS256"; ///< or HS384, HS512
};

/// Agrees to the terms. An account that has this key already is returned as it is.
AccountInfo register_account(AcmeSession &session, const PrivateKey &key,
                             const std::vector<std::string> &contact,
                             const ExternalAccount *external);
/// By onlyReturnExisting; nullopt where the CA knows no such key.
std::optional<AccountInfo> find_account(AcmeSession &session, const PrivateKey &key);
AccountInfo fetch_account(AcmeSession &session, const Signer &account);
AccountInfo update_contact(AcmeSession &session, const Signer &account,
                           const std::vector<std::string> &contact);
AccountInfo deactivate_account(AcmeSession &session, const Signer &account);
/// Section 7.3.5. The account has `new_key` when this returns; asked again after a lost answer it
/// throws a CaProblem that find_account with the new key resolves.
void change_account_key(AcmeSession &session, const Signer &account, const PrivateKey &new_key);

/// Whether the CA says that it does not know this account, or no longer wants it.
bool is_account_lost(const CaProblem &problem);

}
