// SPDX-License-Identifier: MIT
// The resources of the gateway, one file each (gateway_*.cc): a request to its answer. They throw
// Problem for the client, and whatever the CA or the operating system gave cause for.
#pragma once

#include "cgi/response.h"
#include "server/gateway_call.h"

namespace acmeproxy {

CgiResponse directory_response(GatewayCall &call);
CgiResponse new_order_response(GatewayCall &call);
CgiResponse order_response(GatewayCall &call);
CgiResponse authorization_response(GatewayCall &call);
CgiResponse challenge_object_response(GatewayCall &call);
CgiResponse finalize_response(GatewayCall &call);
CgiResponse certificate_response(GatewayCall &call);
CgiResponse revocation_response(GatewayCall &call);
CgiResponse renewal_info_response(GatewayCall &call);

}
