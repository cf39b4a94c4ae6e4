// SPDX-License-Identifier: MIT
// auth.fcgi: accounts of clients (RFC 8555, sections 7.2, 7.3). /auth/new-nonce, /auth/new-account,
// /auth/account/ID, /auth/key-change.
#pragma once

#include "cgi/request.h"
#include "cgi/response.h"
#include "server/context.h"

namespace acmeproxy {

CgiResponse auth_response(ServerContext &context, const CgiRequest &request);

}
