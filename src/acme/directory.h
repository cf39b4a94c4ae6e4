// SPDX-License-Identifier: MIT
// A CA's directory (RFC 8555, section 7.1.1; RFC 9773, section 3; profiles extension), or that of
// an acmeproxy's agent, which has accounts as a CA has, and certificates in the place of orders
// (doc/agent-protocol.md).
#pragma once

#include "json/json.h"

#include <map>
#include <string>

namespace acmeproxy {

/// Of an agent, in the place of orders. All but the first are templates (RFC 6570, level 1).
struct AgentUrls {
    std::string certs;                       ///< empty: it is no agent's directory
    std::string cert, renew, revoke, remove; ///< {name}
    std::string file;                        ///< {name}, {generation}, {file}
};

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
    AgentUrls agent;

    bool is_agent() const { return !agent.certs.empty(); }
};

/// Throws JsonError / Error: no newNonce, newAccount or newOrder (an agent has no newOrder, and all
/// that is its own); any URL that is not https.
Directory parse_directory(const Json &json);

}
