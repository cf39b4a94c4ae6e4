// SPDX-License-Identifier: MIT
#include "server/envelope.h"

#include "base/encoding.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "server/nonce.h"

namespace acmeproxy {

namespace {

// acme.sh looks for this very text.
constexpr const char *bad_nonce = "JWS has an invalid anti-replay nonce";

[[noreturn]] void malformed(const std::string &detail, int status = 400)
{
    throw Problem("malformed", detail, status);
}

void check_transport(const CgiRequest &request)
{
    if (request.method != "POST")
        malformed("only POST is answered here (a POST-as-GET where you would GET)", 405);
    const std::string type = to_lower(trim(split(request.content_type, ';').front()));
    if (type != "application/jose+json")
        malformed("the content type must be application/jose+json", 415);
}

Jws parse_envelope(const CgiRequest &request)
{
    try {
        return Jws::parse(request.body);
    } catch (const JsonError &e) {
        malformed("the request is no JWS in flattened JSON: " + describe(e));
    }
}

void check_algorithm(const Jws &jws)
{
    const std::string &alg = jws.alg();
    if (alg == "ES256" || alg == "ES384" || alg == "RS256" || alg == "EdDSA")
        return;
    throw Problem("badSignatureAlgorithm", "signatures by " + printable(alg, 40) +
                                               " are not taken; use ES256, ES384, RS256 or EdDSA");
}

std::string member(const Jws &jws, const char *name)
{
    const Json *value = jws.header().find(name);
    if (!value || !value->as_string())
        malformed("the protected header must hold \"" + std::string(name) + "\" as a string");
    return *value->as_string();
}

[[noreturn]] void no_account()
{
    throw Problem("accountDoesNotExist", "there is no such account here", 400);
}

/// The account that "kid" names. An unknown, removed and damaged one look alike.
ClientAccount account_of_kid(ServerContext &context, const std::string &kid)
{
    const std::string prefix = context.options.base_url + "/auth/account/";
    if (!kid.starts_with(prefix))
        no_account();
    try {
        const auto id = ClientScopedId::parse(std::string_view(kid).substr(prefix.size()));
        auto account = context.clients.account(id);
        if (account)
            return std::move(*account);
    } catch (const Error &) {
    }
    no_account();
}

void check_signature(const Jws &jws, const PublicKey &key)
{
    if (!jws.verify(key))
        throw Problem("unauthorized", "the signature does not verify with the account's key", 401);
}

/// RFC 8555, section 6.2, "badPublicKey".
bool fits(std::string_view alg, const PublicKey &key)
{
    if (alg == "RS256")
        return key.kty() == "RSA";
    return key.curve() == (alg == "ES256" ? "P-256" : alg == "ES384" ? "P-384" : "Ed25519");
}

PublicKey key_of_jwk(const Json &jwk, const std::string &alg)
{
    try {
        PublicKey key = from_jwk(jwk);
        if (!fits(alg, key))
            throw Problem("badPublicKey", "the key is not of the kind that " + alg + " signs with");
        return key;
    } catch (const JsonError &e) {
        throw Problem("badPublicKey", "the key is of no use: " + describe(e));
    }
}

}

ClientPolicy check_enabled(ServerContext &context, const ClientAccount &account,
                           std::string_view mode)
{
    auto policy = context.clients.policy(account.id.client());
    if (!policy || !policy->enabled)
        throw Problem("unauthorized", "this client is disabled", 403);
    // RFC 8555, section 7.3.6, wants 401 for what is no longer valid.
    if (const std::string why = context.clients.why_ended(account); !why.empty())
        throw Problem("unauthorized", why, 401);
    if (!mode.empty() && !policy->modes.contains(std::string(mode)))
        throw Problem("unauthorized", "this client may not use the " + std::string(mode), 403);
    return std::move(*policy);
}

void take_nonce(ServerContext &context, const std::string &nonce)
{
    if (!nonce.empty() && !spend_nonce(context, nonce))
        throw Problem("badNonce", bad_nonce);
}

Json SignedRequest::json() const
{
    try {
        Json json = Json::parse(payload);
        if (!json.is_object())
            malformed("the payload must be a JSON object");
        return json;
    } catch (const JsonError &e) {
        malformed("the payload is no JSON: " + describe(e));
    }
}

SignedRequest open_envelope(ServerContext &context, const CgiRequest &request, SignedBy by,
                            std::string_view mode)
{
    check_transport(request);
    const Jws jws = parse_envelope(request);
    check_algorithm(jws);
    // RFC 8555, section 6.5: one that is not there is as bad as one that is not ours.
    if (!jws.header().find("nonce"))
        throw Problem("badNonce", bad_nonce);
    const std::string nonce = member(jws, "nonce");
    const std::string url = member(jws, "url");
    if (url != context.options.base_url + request.path)
        throw Problem("unauthorized", "the signed url is not the one that was asked for", 401);
    // RFC 8555, section 6.5.2: ill-formed is malformed, all else is badNonce.
    if (!base64url_decode(nonce))
        malformed("the nonce is not base64url");
    if (!is_our_nonce(context, nonce))
        throw Problem("badNonce", bad_nonce);
    const Json *jwk = jws.header().find("jwk");
    const Json *kid = jws.header().find("kid");
    if ((jwk != nullptr) == (kid != nullptr))
        malformed("the protected header must hold exactly one of \"jwk\" and \"kid\"");
    if (by == SignedBy::kid && !kid)
        malformed("this request must be signed by an account (\"kid\")");
    if (by == SignedBy::jwk && !jwk)
        malformed("this request must carry its key (\"jwk\")");
    if (jwk) {
        PublicKey key = key_of_jwk(*jwk, jws.alg());
        check_signature(jws, key);
        // Whoever is unknown leaves no marker: the caller spends the nonce once it knows them.
        const bool known = context.clients.account_by_key(jwk_thumbprint(key)).has_value();
        if (known)
            take_nonce(context, nonce);
        return {url, std::move(key), std::nullopt, std::nullopt, jws.payload(), known ? "" : nonce};
    }
    ClientAccount account = account_of_kid(context, member(jws, "kid"));
    PublicKey key = from_jwk(account.jwk);
    check_signature(jws, key);
    take_nonce(context, nonce);
    ClientPolicy policy = check_enabled(context, account, mode);
    context.clients.touch_account(account.id, context.clock.now());
    return {url, std::move(key), std::move(account), std::move(policy), jws.payload(), {}};
}

}
