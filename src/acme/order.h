// SPDX-License-Identifier: MIT
// Orders, authorizations and challenges (RFC 8555, sections 7.1.3 to 7.1.5, 7.4, 7.5): one
// function a request, the answer as a struct, nothing kept between calls.
#pragma once

#include "acme/ca_problem.h"
#include "acme/session.h"
#include "base/identifier.h"
#include "crypto/csr.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct Order {
    std::string url;
    std::string status; ///< pending, ready, processing, valid, invalid
    std::optional<Time> expires;
    std::vector<Identifier> identifiers;
    std::vector<std::string> authorizations; ///< URLs
    std::string finalize;                    ///< URL
    std::string certificate;                 ///< URL, once valid
    std::string replaces;                    ///< as the CA accepted it
    std::optional<CaProblem> error;
    std::optional<Seconds> retry_after;
};

struct Challenge {
    std::string type;
    std::string url;
    std::string token;
    std::string status;
    std::optional<CaProblem> error;
};

struct Authorization {
    std::string url;
    Identifier identifier;
    std::string status; ///< pending, valid, invalid, deactivated, expired, revoked
    bool wildcard = false;
    std::vector<Challenge> challenges;
    std::optional<Seconds> retry_after;

    /// The challenge of that type ("http-01"), or nullptr.
    const Challenge *challenge(std::string_view type) const;
    /// Why it is not valid, from its challenges; nullopt while it is pending or valid.
    std::optional<CaProblem> failure() const;
};

/// What an order may ask for besides names.
struct OrderRequest {
    std::vector<Identifier> identifiers;
    std::string profile;               ///< empty: the CA's default
    std::string replaces;              ///< renewal info id (RFC 9773, section 5), or empty
    std::string not_before, not_after; ///< RFC 3339, or empty
};

/// As many as any public CA takes.
constexpr std::size_t most_names_of_order = 100;

Order new_order(AcmeSession &session, const Signer &account, const OrderRequest &request);
Order fetch_order(AcmeSession &session, const Signer &account, const std::string &url);
/// The answer may lack its Location (field experience): `order.url` stays.
Order finalize_order(AcmeSession &session, const Signer &account, const Order &order,
                     const Csr &csr);
Authorization fetch_authorization(AcmeSession &session, const Signer &account,
                                  const std::string &url);
/// Section 7.5.2.
Authorization deactivate_authorization(AcmeSession &session, const Signer &account,
                                       const std::string &url);
/// Tells the CA that the challenge may be looked at (section 7.5.1).
Challenge trigger_challenge(AcmeSession &session, const Signer &account, const std::string &url);

/// token "." thumbprint (section 8.1). Throws Error where the token is not base64url.
std::string key_authorization(const std::string &token, const PublicKey &account_key);

}
