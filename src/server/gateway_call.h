// SPDX-License-Identifier: MIT
// One request to the gateway, and what the gateway keeps between requests: nothing that a request
// depends on.
#pragma once

#include "acme/order.h"
#include "cgi/request.h"
#include "server/envelope.h"
#include "server/gateway_challenges.h"
#include "server/gateway_render.h"
#include "server/gateway_renewal_info.h"
#include "server/gateway_route.h"
#include "server/upstream.h"
#include "server/url_token.h"
#include "server/wait_slots.h"

#include <memory>
#include <optional>
#include <string>

namespace acmeproxy {

/// Threads: may be shared.
struct GatewayServices {
    explicit GatewayServices(ServerContext &server);

    ServerContext &context;
    Upstream upstream;
    WaitSlots waits;
    PatientClock clock; ///< for sleeps
    ChallengeDesk challenges;
    RenewalInfoCache renewal_info;
    TokenBucket unknown_callers; ///< requests to CAs on behalf of who has no account here
};

/// A request whose path was understood.
struct GatewayCall {
    GatewayServices &services;
    const CgiRequest &request;
    const GatewayRoute &route;
    std::shared_ptr<UpstreamCa> ca;
    std::chrono::steady_clock::time_point started;
    std::string client; ///< once it is known; for the log

    ServerContext &context() const { return services.context; }
    std::string prefix() const { return gateway_prefix(context().options.base_url, route.ca); }
    /// Until when this request may be held.
    std::chrono::steady_clock::time_point deadline() const;
};

/// A request of a client with an account here.
struct ClientCall {
    GatewayCall &call;
    SignedRequest request;
    /// The one in the URL; for new-order one that says all but the URL and its expiry.
    UrlToken token;
    Account account; ///< ours at the CA
    UpstreamCall upstream;

    GatewayServices &services() { return call.services; }
    const ClientPolicy &policy() const { return *request.policy; }
    AcmeSession &session() { return upstream.session(); }
    Signer signer() const { return account.signer(); }
    GatewayUrls urls() const { return {call.context(), call.prefix(), token}; }
    /// What is left of the wait that an answer may be held for.
    std::chrono::milliseconds wait_left() const;
};

/// For a resource that a token names. Throws Problem: whatever the envelope refuses, a CA that the
/// client may not use, no_such_thing(`what`).
ClientCall open_client_call(GatewayCall &call, UrlToken::Kind kind, const std::string &what);
/// For new-order.
ClientCall open_client_call(GatewayCall &call);

/// Whether the client of this policy may use the CA.
void check_ca_allowed(const GatewayCall &call, const ClientPolicy &policy);

/// "client acme: order at letsencrypt: valid", and the names only where the operator asks.
void note(const GatewayCall &call, const std::string &event,
          const std::vector<Identifier> &identifiers);

}
