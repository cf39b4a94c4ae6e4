// SPDX-License-Identifier: MIT
// External account binding as a server checks it (RFC 8555, section 7.3.4): the proof that whoever
// makes an account was given a key by the operator.
#pragma once

#include "server/envelope.h"

namespace acmeproxy {

struct BoundClient {
    ClientScopedId kid;
    ClientPolicy policy; ///< of an enabled client
    bool once;
};

/// Throws Problem: externalAccountRequired where there is none, unauthorized or malformed where it
/// is of no use. Unknown, revoked, expired and wrongly signed look alike.
BoundClient check_binding(ServerContext &context, const Json &payload,
                          const SignedRequest &request);

}
