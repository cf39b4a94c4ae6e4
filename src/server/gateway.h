// SPDX-License-Identifier: MIT
// gateway.fcgi: an RFC 8555 server that keeps nothing; orders are relayed to a CA. Below /gateway/
// for the default CA, below /gateway/CA/ for a named one: directory, new-order, order/T,
// finalize/T, authz/T, challenge/T, cert/T, revoke-cert, renewal-info/ID.
#pragma once

#include "cgi/request.h"
#include "cgi/response.h"
#include "server/context.h"

#include <memory>

namespace acmeproxy {

/// Holds what is worth keeping between requests of one process: connections, directories, CA
/// accounts. Threads: respond() may be called by all at once.
class Gateway {
public:
    explicit Gateway(ServerContext &context);
    ~Gateway();
    CgiResponse respond(const CgiRequest &request);
    /// From now on no request waits for the CA (SIGTERM).
    void stop_waiting();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}
