// SPDX-License-Identifier: MIT
// The answer to a CA that validates a name by HTTP-01 (RFC 8555, section 8.3): the key
// authorization that the renewer or the gateway has put into challenges/TOKEN of the spool.
//
// It opens that one file, for reading. The folder's name is spelled here and not taken from
// src/spool, since challenge.fcgi is to link nothing of it.
//
// Stateless, it opens none: a key authorization is the token, a dot, and the thumbprint of the
// account's key (section 8.1), and only the holder of that key can gain from the answer.
#pragma once

#include "cgi/response.h"

#include <string>
#include <string_view>

namespace acmeproxy {

/// The URL path before the token.
inline constexpr std::string_view challenge_prefix = "/.well-known/acme-challenge/";

/// 1 to 128 characters of the base64url alphabet. RFC 8555 asks CAs for 128 bits, 22 characters;
/// test CAs have shorter ones, and it is not for us to judge.
bool can_be_token(std::string_view text);

/// 200 with the key authorization, 400 for what cannot be a token, 404 for a token that is not
/// there and for other paths, 405 for other methods than GET and HEAD. Whatever else is in the
/// way (rights, a file too large) is an exception.
CgiResponse challenge_response(std::string_view method, std::string_view path,
                               const std::string &spool);

/// The same for every token that can be one, known or not: 200 with the key authorization of the
/// account whose key has this thumbprint. Throws Error for what cannot be a thumbprint.
CgiResponse stateless_response(std::string_view method, std::string_view path,
                               std::string_view thumbprint);

}
