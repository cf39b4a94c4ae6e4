// SPDX-License-Identifier: MIT
// A CA's directory (RFC 8555, section 7.1.1; RFC 9773, section 3; profiles extension).
#pragma once

#include "json/json.h"

#include <map>
#include <string>

namespace acmeproxy {

struct Directory {
    std::string new_nonce;
    std::string new_account;
    std::string new_order;
    std::string revoke_cert;
    std::string key_change;
    std::string renewal_info; ///< empty: the CA has none
    std::string terms_of_service;
    std::string website;
    bool external_account_required = false;
    std::map<std::string, std::string> profiles; ///< name -> description
};

/// Throws JsonError / Error: no newNonce, newAccount or newOrder; any URL that is not https.
Directory parse_directory(const Json &json);

}
