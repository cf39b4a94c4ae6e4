// SPDX-License-Identifier: MIT
// What a newOrder asks for (RFC 8555, section 7.4; RFC 9773, section 5; profiles extension), read
// from the client's payload and checked against the client's policy.
#pragma once

#include "acme/directory.h"
#include "acme/order.h"
#include "spool/client_store.h"
#include "json/json.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct OrderWish {
    OrderRequest request;               ///< for the CA: canonical names, each once
    std::vector<std::string> spellings; ///< as the client wrote them, in the same order
};

/// Throws Problem malformed, unsupportedIdentifier, or rejectedIdentifier with a subproblem for
/// each name that is none.
OrderWish read_order_wish(const Json &payload);

/// Throws Problem rejectedIdentifier with a subproblem for each name that the policy refuses.
void check_names_allowed(const ClientPolicy &policy, const std::vector<Identifier> &identifiers);
/// Throws Problem invalidProfile.
void check_profile_allowed(const ClientPolicy &policy, const Directory &directory,
                           const std::string &profile);

}
