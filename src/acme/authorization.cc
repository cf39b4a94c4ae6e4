// SPDX-License-Identifier: MIT
#include "acme/answer.h"
#include "acme/ca_url.h"
#include "acme/order.h"
#include "acme/order_parse.h"
#include "base/encoding.h"
#include "base/text.h"
#include "jose/jwk.h"

namespace acmeproxy {

namespace {

constexpr std::size_t max_challenges = 64;
constexpr std::size_t max_token_size = 128;

bool is_token(std::string_view text)
{
    return is_base64url_text(text, max_token_size);
}

/// Empty where it has none.
std::string challenge_type_of(const Json &challenge)
{
    const Json *type = challenge.find("type");
    return type && type->is_string() ? *type->as_string() : "";
}

std::optional<CaProblem> error_of(const std::string &type, const Json &challenge)
{
    const Json *error = challenge.find("error");
    if (!error || !error->is_object())
        return std::nullopt;
    return problem_from_json(type, *error);
}

/// What failure() tells of a challenge that nobody here takes up: what else it has, its type
/// defines.
Challenge parse_other_challenge(const Json &json)
{
    if (!json.is_object())
        throw JsonError("a challenge is not an object");
    Challenge challenge;
    challenge.type = printable(challenge_type_of(json), 80);
    challenge.error = error_of(challenge.type, json);
    return challenge;
}

Authorization post_authorization(AcmeSession &session, const Signer &account,
                                 const std::string &url, std::string_view payload,
                                 const std::string &doing)
{
    HttpResponse response;
    const Json json = session.post_for_json(url, payload, account, doing, &response);
    return read_answer(doing, url, [&] {
        Authorization authorization = parse_authorization(json, url);
        authorization.retry_after = retry_after_of(response, session.clock().now());
        return authorization;
    });
}

}

Challenge parse_challenge(const Json &json)
{
    Challenge challenge;
    challenge.type = printable(json.string_at("type"), 80);
    challenge.url = checked_url("url", json.string_at("url"));
    challenge.status = parse_status(json, {"pending", "processing", "valid", "invalid"});
    // Types that we do not know may have anything as their token; ours names a file.
    const std::string token = challenge.type == "http-01" ? json.string_at("token") : "";
    if (challenge.type == "http-01" && !is_token(token))
        throw Error("the token \"" + printable(token, 200) + "\" is not base64url");
    challenge.token = token;
    challenge.error = error_of(challenge.type, json);
    return challenge;
}

Authorization parse_authorization(const Json &json, const std::string &url)
{
    const Json &name = json.object_at("identifier");
    Authorization authorization{
        url, Identifier::parse(name.string_at("type"), name.string_at("value")), {}, false, {}, {}};
    authorization.status =
        parse_status(json, {"pending", "valid", "invalid", "deactivated", "expired", "revoked"});
    authorization.wildcard = json.bool_or("wildcard", false);
    const Json::Array &challenges = json.array_at("challenges");
    if (challenges.size() > max_challenges)
        throw Error("the authorization has " + std::to_string(challenges.size()) + " challenges");
    for (const Json &challenge : challenges)
        authorization.challenges.push_back(challenge_type_of(challenge) == "http-01"
                                               ? parse_challenge(challenge)
                                               : parse_other_challenge(challenge));
    return authorization;
}

const Challenge *Authorization::challenge(std::string_view type) const
{
    for (const Challenge &one : challenges) {
        if (one.type == type)
            return &one;
    }
    return nullptr;
}

std::optional<CaProblem> Authorization::failure() const
{
    if (status == "valid" || status == "pending")
        return std::nullopt;
    const std::string doing =
        "authorization of " + std::string(wildcard ? "*." : "") + identifier.value();
    for (const Challenge &one : challenges) {
        if (one.error)
            return CaProblem(doing, one.error->type, one.error->detail, 0, one.error->subproblems);
    }
    return CaProblem(doing, "unauthorized", "the authorization is " + status, 0);
}

Authorization fetch_authorization(AcmeSession &session, const Signer &account,
                                  const std::string &url)
{
    return post_authorization(session, account, url, "", "authorization");
}

Authorization deactivate_authorization(AcmeSession &session, const Signer &account,
                                       const std::string &url)
{
    Json payload = Json::object();
    payload.set("status", "deactivated");
    return post_authorization(session, account, url, payload.to_text(), "deactivate authorization");
}

Challenge trigger_challenge(AcmeSession &session, const Signer &account, const std::string &url)
{
    const std::string doing = "challenge";
    const Json json = session.post_for_json(url, "{}", account, doing);
    return read_answer(doing, url, [&] { return parse_challenge(json); });
}

std::string key_authorization(const std::string &token, const PublicKey &account_key)
{
    if (!is_token(token))
        throw Error("the token \"" + printable(token, 200) + "\" is not base64url");
    return token + "." + jwk_thumbprint(account_key);
}

}
