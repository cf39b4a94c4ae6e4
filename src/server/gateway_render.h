// SPDX-License-Identifier: MIT
// What the CA has, as our clients see it: the same objects with URLs of our own (RFC 8555, section
// 7.1). Optional members are left out rather than empty, challenges are flat objects: acme.sh reads
// JSON by regular expressions.
#pragma once

#include "acme/order.h"
#include "server/url_token.h"
#include "json/json.h"

#include <optional>
#include <string>

namespace acmeproxy {

/// The URLs of one order and what belongs to it.
class GatewayUrls {
public:
    /// `model`: CA, accounts, expiry and secret of all tokens. `prefix` as gateway_prefix().
    GatewayUrls(ServerContext &context, std::string prefix, UrlToken model);

    std::string order(const std::string &upstream) const;
    std::string finalize(const std::string &upstream_order) const;
    std::string authorization(const std::string &upstream) const;
    /// An authorization has one challenge here, so it is named by the authorization.
    std::string challenge(const std::string &upstream_authorization) const;
    std::string certificate(const std::string &upstream) const;

private:
    std::string url(std::string_view word, UrlToken::Kind kind, const std::string &upstream) const;

    ServerContext &context_;
    const std::string prefix_;
    const UrlToken model_;
};

/// An authorization with what the client must be told and we have no use for.
struct SeenAuthorization {
    Authorization authorization;
    std::string expires;   ///< RFC 3339, or empty
    std::string validated; ///< of the http-01 challenge: RFC 3339, or empty
};
SeenAuthorization parse_seen_authorization(const Json &json, const std::string &url);

/// `failure`: why an invalid order is, where that is known.
Json render_order(const Order &order, const std::optional<CaProblem> &failure,
                  const GatewayUrls &urls);
Json render_authorization(const SeenAuthorization &seen, const GatewayUrls &urls);
/// Throws Problem where there is no http-01 challenge.
Json render_challenge(const SeenAuthorization &seen, const GatewayUrls &urls);

/// [{"type": "dns", "value": "a.example"}, ...]
Json render_identifiers(const std::vector<Identifier> &identifiers);

}
