// SPDX-License-Identifier: MIT
// Anti-replay nonces (RFC 8555, section 6.5): a sealed time stamp, valid for ten minutes in every
// process and node that shares the secrets; spent by an exclusive marker.
#pragma once

#include "server/context.h"
#include "spool/spent_nonces.h"

#include <string>
#include <string_view>

namespace acmeproxy {

std::string make_nonce(ServerContext &context);
/// Whether we made it within its lifetime. Marks nothing.
bool is_our_nonce(ServerContext &context, std::string_view nonce);
/// False: it was spent before. Only for requests whose signature was verified.
bool spend_nonce(ServerContext &context, std::string_view nonce);

}
