// SPDX-License-Identifier: MIT
// The URLs of orders, authorizations, challenges and certificates: sealed tokens that hold all
// there is to know, so that no process keeps anything. One content has one token, so a URL stays
// what it was.
#pragma once

#include "server/context.h"

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

struct UrlToken {
    enum class Kind : char { order = 'o', authorization = 'a', challenge = 'c', certificate = 'x' };

    Kind kind;
    std::string ca;         ///< the CA's name
    std::string ca_account; ///< whose account at the CA: "default" or a client id
    std::string account;    ///< ours: only this one may use it
    std::string url;        ///< upstream
    Time expires{};
    std::string secret_id; ///< which secret sealed it: children are sealed with the same
};

/// base64url. Sealed with `token.secret_id` where that is set and known, else with the newest.
std::string seal_url_token(ServerContext &context, const UrlToken &token);
/// nullopt: foreign, damaged, of another kind or account, or expired: all one and the same.
std::optional<UrlToken> open_url_token(ServerContext &context, std::string_view text,
                                       UrlToken::Kind kind, std::string_view account);

}
