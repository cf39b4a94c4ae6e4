// SPDX-License-Identifier: MIT
// Whether a client may have a lineage: asked when it is added, and before each order, so that a
// right that was taken away ends with the certificate that is there.
#pragma once

#include "base/error.h"
#include "spool/lineage_spec.h"
#include "spool/spool.h"

namespace acmeproxy {

/// What follows is for the operator: a client is not told which pattern it was.
class OwnerRefused : public Error {
public:
    explicit OwnerRefused(const std::string &text, std::string refused = {})
        : Error(text), name(std::move(refused))
    {
    }
    std::string name; ///< of the identifier that was refused; empty: it was the client
};

/// Throws OwnerRefused with the reason, and what the operator can do, where the policy of
/// spec.owner does not allow it: there is no such client, it is disabled or has not the mode
/// "agent", or a name is not its own.
void check_owner(const Spool &spool, const LineageSpec &spec);

/// Whose account at the CA it is ordered with, cas/CA/accounts/OWNER: the client's, where its
/// policy gives it one of its own, else "default". Throws Error where the policy cannot be read.
ClientId account_owner(const Spool &spool, const LineageSpec &spec);

}
