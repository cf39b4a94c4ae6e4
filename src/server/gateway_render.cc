// SPDX-License-Identifier: MIT
#include "server/gateway_render.h"

#include "acme/order_parse.h"
#include "base/time_text.h"
#include "server/gateway_problem.h"
#include "server/gateway_route.h"

namespace acmeproxy {

namespace {

/// A time that the CA wrote, as we write times; "" where it is none.
std::string time_or_empty(const Json &json, std::string_view name)
{
    const Json *member = json.find(name);
    const std::string *text = member ? member->as_string() : nullptr;
    const auto time = text ? parse_rfc3339(*text) : std::nullopt;
    return time ? format_rfc3339(*time) : std::string();
}

Json challenge_json(const SeenAuthorization &seen, const Challenge &challenge,
                    const GatewayUrls &urls)
{
    Json json = Json::object();
    json.set("type", challenge.type)
        .set("url", urls.challenge(seen.authorization.url))
        .set("status", challenge.status)
        .set("token", challenge.token);
    // Pebble has a time of the year 1 while there is none.
    if (challenge.status == "valid" && !seen.validated.empty())
        json.set("validated", seen.validated);
    if (challenge.error)
        json.set("error", problem_json(*challenge.error));
    return json;
}

}

GatewayUrls::GatewayUrls(ServerContext &context, std::string prefix, UrlToken model)
    : context_(context), prefix_(std::move(prefix)), model_(std::move(model))
{
}

std::string GatewayUrls::url(std::string_view word, UrlToken::Kind kind,
                             const std::string &upstream) const
{
    UrlToken token = model_;
    token.kind = kind;
    token.url = upstream;
    return prefix_ + "/" + std::string(word) + "/" + seal_url_token(context_, token);
}

std::string GatewayUrls::order(const std::string &upstream) const
{
    return url(path_word(GatewayResource::order), UrlToken::Kind::order, upstream);
}

std::string GatewayUrls::finalize(const std::string &upstream_order) const
{
    return url(path_word(GatewayResource::finalize), UrlToken::Kind::order, upstream_order);
}

std::string GatewayUrls::authorization(const std::string &upstream) const
{
    return url(path_word(GatewayResource::authorization), UrlToken::Kind::authorization, upstream);
}

std::string GatewayUrls::challenge(const std::string &upstream_authorization) const
{
    return url(path_word(GatewayResource::challenge), UrlToken::Kind::challenge,
               upstream_authorization);
}

std::string GatewayUrls::certificate(const std::string &upstream) const
{
    return url(path_word(GatewayResource::certificate), UrlToken::Kind::certificate, upstream);
}

SeenAuthorization parse_seen_authorization(const Json &json, const std::string &url)
{
    SeenAuthorization seen{parse_authorization(json, url), time_or_empty(json, "expires"), {}};
    for (const Json &challenge : json.array_at("challenges")) {
        const Json *type = challenge.find("type");
        if (type && type->as_string() && *type->as_string() == "http-01")
            seen.validated = time_or_empty(challenge, "validated");
    }
    return seen;
}

Json render_identifiers(const std::vector<Identifier> &identifiers)
{
    Json list = Json::array();
    for (const Identifier &identifier : identifiers)
        list.push(
            Json::object().set("type", identifier.type_name()).set("value", identifier.value()));
    return list;
}

Json render_order(const Order &order, const std::optional<CaProblem> &failure,
                  const GatewayUrls &urls)
{
    Json json = Json::object();
    json.set("status", order.status);
    if (order.expires)
        json.set("expires", format_rfc3339(*order.expires));
    json.set("identifiers", render_identifiers(order.identifiers));
    if (!order.replaces.empty())
        json.set("replaces", order.replaces);
    Json authorizations = Json::array();
    for (const std::string &url : order.authorizations)
        authorizations.push(urls.authorization(url));
    json.set("authorizations", std::move(authorizations));
    json.set("finalize", urls.finalize(order.url));
    if (order.status == "valid" && !order.certificate.empty())
        json.set("certificate", urls.certificate(order.certificate));
    if (order.status == "invalid" && (failure || order.error))
        json.set("error", problem_json(failure ? *failure : *order.error));
    return json;
}

Json render_authorization(const SeenAuthorization &seen, const GatewayUrls &urls)
{
    const Authorization &authorization = seen.authorization;
    Json json = Json::object();
    json.set("status", authorization.status);
    if (!seen.expires.empty())
        json.set("expires", seen.expires);
    json.set("identifier", Json::object()
                               .set("type", authorization.identifier.type_name())
                               .set("value", authorization.identifier.value()));
    Json challenges = Json::array();
    if (const Challenge *challenge = authorization.challenge("http-01"))
        challenges.push(challenge_json(seen, *challenge, urls));
    json.set("challenges", std::move(challenges));
    if (authorization.wildcard)
        json.set("wildcard", true);
    return json;
}

Json render_challenge(const SeenAuthorization &seen, const GatewayUrls &urls)
{
    const Challenge *challenge = seen.authorization.challenge("http-01");
    if (!challenge)
        throw no_such_thing("challenge");
    return challenge_json(seen, *challenge, urls);
}

}
