// SPDX-License-Identifier: MIT
// newOrder (RFC 8555, section 7.4): placed at the CA, and mostly valid in all its authorizations
// when the answer is given.
#include "server/gateway_problem.h"
#include "server/gateway_resources.h"
#include "server/gateway_validation.h"
#include "server/gateway_wish.h"

#include "base/log.h"

namespace acmeproxy {

namespace {

/// Where the CA says nothing; Let's Encrypt's orders live as long.
constexpr std::chrono::days usual_lifetime{7};
/// The certificate can be fetched for a while after an order's end.
constexpr std::chrono::days token_slack{1};

void count_against_quota(ClientCall &call)
{
    const std::optional<int> limit = call.policy().orders_per_day;
    const Time now = call.services().clock.now();
    const ClientId &client = call.request.account->id.client();
    if (limit && !call.call.context().clients.count_order(client, *limit, now))
        throw orders_used_up(*limit, now);
}

/// A refusal of "replaces" must not keep a client from its certificate: the CA is asked once more
/// without it, unless it asked for silence.
Order place(ClientCall &call, OrderRequest request)
{
    if (call.session().directory().renewal_info.empty())
        request.replaces.clear();
    try {
        return new_order(call.session(), call.signer(), request);
    } catch (const CaProblem &problem) {
        if (request.replaces.empty() || problem.asks_to_wait())
            throw;
        note(call.call, "ordered once more without \"replaces\": " + problem.type, {});
    }
    request.replaces.clear();
    return new_order(call.session(), call.signer(), request);
}

/// What the CA was asked for and does not have to repeat.
void add_wish(Json &json, const OrderWish &wish)
{
    Json identifiers = Json::array();
    for (std::size_t i = 0; i < wish.spellings.size(); ++i)
        identifiers.push(Json::object()
                             .set("type", wish.request.identifiers[i].type_name())
                             .set("value", wish.spellings[i]));
    json.set("identifiers", std::move(identifiers));
    const auto set_if_given = [&](std::string_view name, const std::string &value) {
        if (!value.empty())
            json.set(name, value);
    };
    set_if_given("notBefore", wish.request.not_before);
    set_if_given("notAfter", wish.request.not_after);
    set_if_given("profile", wish.request.profile);
}

}

CgiResponse new_order_response(GatewayCall &gateway_call)
{
    ClientCall call = open_client_call(gateway_call);
    call.services().challenges.sweep_now_and_then();
    const OrderWish wish = read_order_wish(call.request.json());
    check_names_allowed(call.policy(), wish.request.identifiers);
    check_profile_allowed(call.policy(), call.session().directory(), wish.request.profile);
    count_against_quota(call);

    Order order = place(call, wish.request);
    const std::string replaces = order.replaces;
    const Time end = order.expires.value_or(call.services().clock.now() + usual_lifetime);
    call.token.expires = end + token_slack;
    order = validate(call, std::move(order));
    if (order.replaces.empty())
        order.replaces = replaces;
    note(gateway_call, "new order at " + call.token.ca + ": " + order.status,
         wish.request.identifiers);

    const GatewayUrls urls = call.urls();
    Json json = render_order(order, failure_of(call, order), urls);
    add_wish(json, wish);
    CgiResponse response = json_response(201, json);
    response.headers.emplace_back("Location", urls.order(order.url));
    add_retry_after(response, order.status, order.retry_after);
    return response;
}

}
