// SPDX-License-Identifier: MIT
// Orders, authorizations and challenges as the CA has them now (RFC 8555, sections 7.1.3 to 7.1.5,
// 7.5). Looking at a pending one waits a little for the CA.
#include "server/gateway_problem.h"
#include "server/gateway_resources.h"
#include "server/gateway_validation.h"

namespace acmeproxy {

namespace {

/// Section 7.5.2. With an account that all clients share, what one gives up may be what another
/// relies on: the client gets its answer, and the CA is not told.
void deactivate(ClientCall &call, SeenAuthorization &seen)
{
    if (call.token.ca_account != "default")
        seen.authorization = end_authorization(call, seen);
    else
        seen.authorization.status = "deactivated";
    note(call.call, "authorization " + seen.authorization.status, {seen.authorization.identifier});
}

CgiResponse answer_authorization(ClientCall &call, const SeenAuthorization &seen)
{
    CgiResponse response = json_response(200, render_authorization(seen, call.urls()));
    add_retry_after(response, seen.authorization.status, seen.authorization.retry_after);
    return response;
}

std::string status_wanted(const SignedRequest &request)
{
    try {
        return request.json().string_at("status");
    } catch (const JsonError &e) {
        throw Problem("malformed", "an authorization can only be deactivated: " + describe(e));
    }
}

}

CgiResponse order_response(GatewayCall &gateway_call)
{
    ClientCall call = open_client_call(gateway_call, UrlToken::Kind::order, "order");
    if (!call.request.is_post_as_get())
        throw Problem("malformed", "an order is fetched by a POST-as-GET, with an empty payload");
    Order order = look_at_order(call, call.token.url);
    if (order.status == "ready")
        withdraw_challenges(call, order);
    order = validate(call, std::move(order));
    order = wait_while_processing(call, std::move(order));
    return answer_order(call, 200, order);
}

CgiResponse authorization_response(GatewayCall &gateway_call)
{
    ClientCall call =
        open_client_call(gateway_call, UrlToken::Kind::authorization, "authorization");
    if (call.request.is_post_as_get())
        return answer_authorization(call, wait_for_authorization(call, call.token.url));
    if (status_wanted(call.request) != "deactivated")
        throw Problem("malformed", "an authorization's status can only be set to \"deactivated\"");
    SeenAuthorization seen = read_authorization(call, call.token.url);
    deactivate(call, seen);
    return answer_authorization(call, seen);
}

CgiResponse challenge_object_response(GatewayCall &gateway_call)
{
    ClientCall call = open_client_call(gateway_call, UrlToken::Kind::challenge, "challenge");
    if (!call.request.is_post_as_get())
        call.request.json(); // an object; section 7.5.1 has nothing in it
    // Nothing is to be done that the look does not do, so this may be repeated at will.
    const SeenAuthorization seen = look_at_authorization(call, call.token.url);
    const GatewayUrls urls = call.urls();
    CgiResponse response = json_response(200, render_challenge(seen, urls));
    response.headers.emplace_back("Link",
                                  "<" + urls.authorization(call.token.url) + ">;rel=\"up\"");
    add_retry_after(response, seen.authorization.status, seen.authorization.retry_after);
    return response;
}

}
