// SPDX-License-Identifier: MIT
#include "server/url_token.h"

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/sealed_box.h"
#include "json/json.h"

#include <algorithm>
#include <cstdint>

namespace acmeproxy {

namespace {

// Web servers and clients take URLs of some 2,000 bytes without complaint.
constexpr std::size_t longest = 2000;

std::string context_of(UrlToken::Kind kind)
{
    return std::string("url:") + static_cast<char>(kind);
}

/// Short, since it ends up in each URL: an array, in the order of the struct.
std::string content_of(const UrlToken &token)
{
    Json json = Json::array();
    json.push(token.ca)
        .push(token.ca_account)
        .push(token.account)
        .push(token.url)
        .push(std::int64_t{token.expires.time_since_epoch().count()});
    return json.to_text();
}

UrlToken parse_content(const std::string &text, UrlToken::Kind kind, const std::string &secret_id)
{
    const Json json = Json::parse(text);
    const Json::Array &parts = *json.as_array();
    return {kind,
            *parts.at(0).as_string(),
            *parts.at(1).as_string(),
            *parts.at(2).as_string(),
            *parts.at(3).as_string(),
            Time(Seconds(parts.at(4).as_int().value())),
            secret_id};
}

}

std::string seal_url_token(ServerContext &context, const UrlToken &token)
{
    const auto keys = context.secrets.keys();
    const SecretKey *secret = &keys->front();
    for (const SecretKey &key : *keys) {
        if (key.id == token.secret_id)
            secret = &key;
    }
    const std::string text = base64url_encode(
        seal_box_deterministic(secret->key, content_of(token), context_of(token.kind)));
    if (text.size() > longest)
        throw Error("a URL of the CA is too long to be put into one of ours");
    return text;
}

std::optional<UrlToken> open_url_token(ServerContext &context, std::string_view text,
                                       UrlToken::Kind kind, std::string_view account)
{
    if (text.size() > longest)
        return std::nullopt;
    const auto box = base64url_decode(text);
    if (!box)
        return std::nullopt;
    const auto keys = context.secrets.keys();
    for (const SecretKey &key : *keys) {
        const auto content = open_box(key.key, *box, context_of(kind));
        if (!content)
            continue;
        UrlToken token = parse_content(*content, kind, key.id);
        if (token.account != account || token.expires <= context.clock.now())
            return std::nullopt;
        return token;
    }
    return std::nullopt;
}

}
