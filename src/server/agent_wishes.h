// SPDX-License-Identifier: MIT
// The requests of a client that ask for something: each is checked as the renewer will check it
// again, left in requests/, and answered with 202.
#pragma once

#include "server/agent_caller.h"

namespace acmeproxy {

/// POST certs: 200 where all is as it is wanted already.
CgiResponse want_response(const ServerContext &context, const AgentCaller &caller);
/// POST certs/NAME/renew.
CgiResponse renew_response(const ServerContext &context, const AgentCaller &caller,
                           const std::string &name);
/// POST certs/NAME/revoke: {"reason": 1, "generation": "0003"}, both optional.
CgiResponse revoke_response(const ServerContext &context, const AgentCaller &caller,
                            const std::string &name);
/// POST certs/NAME/delete.
CgiResponse delete_response(const ServerContext &context, const AgentCaller &caller,
                            const std::string &name);

}
