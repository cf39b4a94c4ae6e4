// SPDX-License-Identifier: MIT
// agent.fcgi: what clients whose keys we make and seal see (doc/agent-protocol.md). Below /agent/:
// directory, certs, certs/NAME, certs/NAME/{renew,revoke,delete}, certs/NAME/GENERATION/FILE.
//
// By an account's signature all of it, by a token reading alone. Nothing is changed here: wishes
// are left in requests/ of the spool, and the renewer applies them.
#pragma once

#include "cgi/request.h"
#include "cgi/response.h"
#include "server/context.h"

namespace acmeproxy {

CgiResponse agent_response(ServerContext &context, const CgiRequest &request);

}
