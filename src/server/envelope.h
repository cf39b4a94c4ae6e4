// SPDX-License-Identifier: MIT
// The signed envelope of every ACME request (RFC 8555, section 6): media type, JWS, exactly one of
// jwk and kid, url, algorithm, nonce, signature, and whether client, EAB key and account are still
// enabled. One lock for all doors.
#pragma once

#include "base/problem.h"
#include "cgi/fcgi_loop.h"
#include "cgi/request.h"
#include "cgi/response.h"
#include "crypto/key.h"
#include "server/context.h"
#include "json/json.h"

#include <functional>
#include <optional>
#include <string>

namespace acmeproxy {

/// A request whose signature was verified and whose nonce is spent.
struct SignedRequest {
    std::string url; ///< as signed
    PublicKey key;
    std::optional<ClientAccount> account; ///< for kid: valid, of an enabled client
    std::optional<ClientPolicy> policy;   ///< of that client
    std::string payload;                  ///< "" for a POST-as-GET
    /// For jwk of a key without account: the nonce, still to be spent by who lets the request in.
    std::string unspent_nonce;
    /// The payload as an object. Throws Problem malformed.
    Json json() const;
    bool is_post_as_get() const { return payload.empty(); }
};

enum class SignedBy { kid, jwk, either };

/// Throws Problem for whatever is wrong. `mode`: the client must have it ("gateway"; "" for none).
/// The order of checks leaves no marker for what an unknown key signed.
SignedRequest open_envelope(ServerContext &context, const CgiRequest &request, SignedBy by,
                            std::string_view mode);

/// One lock for all doors: the client, the account and the EAB key that it was made with. Throws
/// Problem unauthorized. `mode` as for open_envelope.
ClientPolicy check_enabled(ServerContext &context, const ClientAccount &account,
                           std::string_view mode);

/// Spends the nonce of a request that was let in; "" is none. Throws Problem badNonce.
void take_nonce(ServerContext &context, const std::string &nonce);

/// Runs `respond` for a request that came over TLS and turns what it throws into the answer: a
/// Problem into application/problem+json, all else into serverInternal (logged). Adds Replay-Nonce
/// to every answer to a POST, Link rel="index" where `directory_url` is not empty, and
/// Cache-Control: no-store.
CgiResponse answer_acme(ServerContext &context, const CgiRequest &request,
                        const std::string &directory_url,
                        const std::function<CgiResponse()> &respond);

/// Says what is wrong with a request's body by a problem, with all that answer_acme() adds. The
/// directory is that below base-url.
BodyRefusal acme_body_refusal(ServerContext &context, const std::string &directory);

/// application/json.
CgiResponse json_response(int status, const Json &json);
/// application/problem+json (RFC 7807).
CgiResponse problem_response(const Problem &problem);
/// The 405 of what is read without a signature.
CgiResponse only_get_response();

}
