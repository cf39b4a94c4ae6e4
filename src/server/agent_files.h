// SPDX-License-Identifier: MIT
// The files of a generation, as its client fetches them. What is served is on a list; a private key
// in the clear is not on it.
#pragma once

#include "server/agent_caller.h"
#include "server/agent_route.h"

namespace acmeproxy {

/// "latest" is answered with what is live, an ETag and Content-Location, and no redirect: one curl
/// without options then is a client. 304 for If-None-Match, 202 with the certificate object and
/// Retry-After while there is no file yet.
CgiResponse file_response(const ServerContext &context, const AgentCaller &caller,
                          const AgentRoute &route, const CgiRequest &request);

}
