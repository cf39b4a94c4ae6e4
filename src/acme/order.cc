// SPDX-License-Identifier: MIT
#include "acme/order.h"

#include "acme/answer.h"
#include "acme/ca_url.h"
#include "acme/order_parse.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/time_text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t max_identifiers = 1000;
/// A CA may want more authorizations than names, but not many.
constexpr std::size_t authorization_slack = 4;

std::vector<Identifier> parse_identifiers(const Json &json)
{
    const Json::Array &array = json.array_at("identifiers");
    if (array.empty() || array.size() > max_identifiers)
        throw Error("the order has " + std::to_string(array.size()) + " identifiers");
    std::vector<Identifier> identifiers;
    for (const Json &one : array)
        identifiers.push_back(Identifier::parse(one.string_at("type"), one.string_at("value")));
    return identifiers;
}

std::vector<std::string> parse_authorization_urls(const Json &json, std::size_t names)
{
    std::vector<std::string> urls = json.strings_at("authorizations");
    if (urls.size() > names + authorization_slack)
        throw Error("the order has " + std::to_string(urls.size()) + " authorizations for " +
                    std::to_string(names) + " identifiers");
    for (const std::string &url : urls)
        checked_url("an authorization", url);
    return urls;
}

std::string url_or_empty(const Json &json, std::string_view name)
{
    const std::string url = json.string_or(name, "");
    return url.empty() ? url : checked_url(name, url);
}

/// Boulder and Pebble call an order what one of its authorizations is: of an end that is not valid,
/// RFC 8555, section 7.1.6, makes the order invalid.
std::string parse_order_status(const Json &json)
{
    const std::string status = parse_status(json, {"pending", "ready", "processing", "valid",
                                                   "invalid", "deactivated", "expired", "revoked"});
    const bool is_of_authorization =
        status == "deactivated" || status == "expired" || status == "revoked";
    return is_of_authorization ? "invalid" : status;
}

Order post_order(AcmeSession &session, const Signer &account, const std::string &request_url,
                 std::string_view payload, const std::string &order_url, const std::string &doing)
{
    HttpResponse response;
    const Json json = session.post_for_json(request_url, payload, account, doing, &response);
    return read_answer(doing, request_url, [&] {
        Order order =
            parse_order(json, order_url.empty() ? location_of(response, request_url) : order_url);
        order.retry_after = retry_after_of(response, session.clock().now());
        return order;
    });
}

}

std::string parse_status(const Json &json, std::initializer_list<std::string_view> known)
{
    const std::string &status = json.string_at("status");
    if (std::find(known.begin(), known.end(), status) == known.end())
        throw Error("the status \"" + printable(status, 40) + "\" is not known");
    return status;
}

std::optional<Seconds> retry_after_of(const HttpResponse &response, Time now)
{
    const auto header = response.header("retry-after");
    return header ? parse_retry_after(trim(*header), now) : std::nullopt;
}

Json to_json(const OrderRequest &request)
{
    Json identifiers = Json::array();
    for (const Identifier &identifier : request.identifiers) {
        Json one = Json::object();
        one.set("type", identifier.type_name()).set("value", identifier.value());
        identifiers.push(std::move(one));
    }
    Json json = Json::object();
    json.set("identifiers", std::move(identifiers));
    const auto set_if_given = [&](std::string_view name, const std::string &value) {
        if (!value.empty())
            json.set(name, value);
    };
    set_if_given("profile", request.profile);
    set_if_given("replaces", request.replaces);
    set_if_given("notBefore", request.not_before);
    set_if_given("notAfter", request.not_after);
    return json;
}

Order parse_order(const Json &json, const std::string &url)
{
    Order order;
    order.url = url;
    order.status = parse_order_status(json);
    order.expires = parse_rfc3339(json.string_or("expires", ""));
    order.identifiers = parse_identifiers(json);
    order.authorizations = parse_authorization_urls(json, order.identifiers.size());
    order.finalize = checked_url("finalize", json.string_at("finalize"));
    order.certificate = url_or_empty(json, "certificate");
    order.replaces = json.string_or("replaces", "");
    const Json *error = json.find("error");
    if (error && error->is_object())
        order.error = problem_from_json("order for " + to_text(order.identifiers), *error);
    return order;
}

Order new_order(AcmeSession &session, const Signer &account, const OrderRequest &request)
{
    const std::string doing = "new order";
    const std::string &url = session.directory().new_order;
    if (url.empty())
        throw Error("new order at " + session.service().directory_url() +
                    ": that is an acmeproxy's agent and no CA (acmeproxy cert add --source agent)");
    Order order = post_order(session, account, url, to_json(request).to_text(), "", doing);
    if (!same_set(order.identifiers, request.identifiers))
        throw Error(at_ca(doing, url) + ": asked for " + to_text(request.identifiers) +
                    ", but the CA's order is for " + to_text(order.identifiers));
    return order;
}

Order fetch_order(AcmeSession &session, const Signer &account, const std::string &url)
{
    return post_order(session, account, url, "", url, "order");
}

Order finalize_order(AcmeSession &session, const Signer &account, const Order &order,
                     const Csr &csr)
{
    Json payload = Json::object();
    payload.set("csr", base64url_encode(csr.der()));
    return post_order(session, account, order.finalize, payload.to_text(), order.url,
                      "finalize order");
}

}
