// SPDX-License-Identifier: MIT
#include "server/account_binding.h"

#include "base/log.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"

namespace acmeproxy {

namespace {

[[noreturn]] void refuse(const std::string &why)
{
    // The operator reads why; the other side learns only that it does not work.
    log_warning("an account was refused: " + why);
    throw Problem("unauthorized", "the external account binding is not valid", 403);
}

EabKey find_key(ServerContext &context, const std::string &kid)
{
    std::optional<EabKey> key;
    try {
        key = context.clients.eab(ClientScopedId::parse(kid));
    } catch (const Error &) {
    }
    if (!key)
        refuse("its external account key is unknown: " + printable(kid, 100));
    if (key->revoked)
        refuse("its external account key " + key->kid.str() + " is revoked");
    if (key->expires && *key->expires <= context.clock.now())
        refuse("its external account key " + key->kid.str() + " has expired");
    return std::move(*key);
}

/// The inner payload is the account's key, whatever else its JWK says.
void check_same_key(const Jws &binding, const SignedRequest &request)
{
    try {
        const Json inner = Json::parse(binding.payload());
        if (jwk_thumbprint(from_jwk(inner)) != jwk_thumbprint(request.key))
            refuse("the external account binding is for another account key");
    } catch (const JsonError &e) {
        throw Problem("malformed", "the payload of externalAccountBinding: " + describe(e));
    }
}

}

BoundClient check_binding(ServerContext &context, const Json &payload, const SignedRequest &request)
{
    const Json *member = payload.find("externalAccountBinding");
    if (!member || member->is_null())
        throw Problem("externalAccountRequired",
                      "an account here needs an external account key (EAB) from the operator", 403);
    try {
        const Jws binding = Jws::parse(*member);
        const std::string &alg = binding.alg();
        if (alg != "HS256" && alg != "HS384" && alg != "HS512")
            throw Problem("malformed",
                          "the external account binding must use HS256, HS384 or HS512");
        if (binding.header().find("nonce"))
            throw Problem("malformed", "the external account binding must not hold a nonce");
        if (binding.header().string_at("url") != request.url)
            throw Problem("malformed", "the external account binding is for another url");
        const EabKey key = find_key(context, binding.header().string_at("kid"));
        if (!binding.verify_hmac(key.mac_key))
            refuse("its binding does not verify with the external account key " + key.kid.str());
        check_same_key(binding, request);
        auto policy = context.clients.policy(key.kid.client());
        if (!policy || !policy->enabled)
            refuse("client " + key.kid.client().str() + " is disabled");
        return {key.kid, std::move(*policy), key.once};
    } catch (const JsonError &e) {
        throw Problem("malformed", "externalAccountBinding: " + describe(e));
    }
}

}
