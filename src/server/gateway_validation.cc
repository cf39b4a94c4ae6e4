// SPDX-License-Identifier: MIT
#include "server/gateway_validation.h"

#include "acme/account.h"
#include "acme/order_parse.h"
#include "acme/poll.h"
#include "base/log.h"
#include "server/gateway_problem.h"

#include <cstdint>

namespace acmeproxy {

namespace {

using std::chrono::milliseconds;

/// How long one request goes on offering challenges: a hundred names take a while, and the next
/// look goes on.
constexpr std::chrono::seconds offering_time{8};
/// The same where too many requests are at it, of this client or of all.
constexpr std::chrono::seconds short_offering_time{1};

/// The answer of the CA means that there is no such object for us (any more).
bool is_gone(const CaProblem &problem)
{
    return !is_account_lost(problem) &&
           (problem.status == 404 || problem.status == 410 ||
            (problem.status == 403 && problem.type == "unauthorized") ||
            (problem.status == 400 && problem.type == "malformed"));
}

[[noreturn]] void rethrow_gone(const CaProblem &problem, const std::string &what)
{
    if (is_gone(problem))
        throw no_such_thing(what);
    throw problem;
}

void tell_ca(ClientCall &call, const Challenge &challenge, const Token &token)
{
    try {
        trigger_challenge(call.session(), call.signer(), challenge.url);
    } catch (const std::exception &e) {
        // A refusal mostly means that it is not pending any more, which the next look shows.
        const CaProblem *problem = find_cause<CaProblem>(e);
        if (problem && problem->status < 500 && !problem->asks_to_wait() &&
            !is_account_lost(*problem))
            return;
        call.services().challenges.withdraw(token); // so that the next look tells it again
        throw;
    }
}

void offer(ClientCall &call, const Authorization &authorization)
{
    const Challenge *challenge = authorization.challenge("http-01");
    if (!challenge) {
        const std::string name =
            (authorization.wildcard ? "*." : "") + authorization.identifier.value();
        throw Problem("rejectedIdentifier", "the CA would validate " + name +
                                                " by DNS alone, which this gateway does not do: "
                                                "order the names without wildcards");
    }
    if (challenge->status != "pending" && challenge->status != "processing")
        return;
    const Token token = Token::parse(challenge->token);
    const std::string text = key_authorization(challenge->token, call.account.key.public_key());
    if (call.services().challenges.offer(token, text) && challenge->status == "pending")
        tell_ca(call, *challenge, token);
}

void withdraw(ClientCall &call, const Authorization &authorization)
{
    if (const Challenge *challenge = authorization.challenge("http-01"))
        call.services().challenges.withdraw(Token::parse(challenge->token));
}

/// An order whose authorizations were looked at once.
std::vector<Authorization> offer_all(ClientCall &call, const Order &order,
                                     std::chrono::seconds limit)
{
    std::vector<Authorization> seen;
    const Clock &clock = call.services().clock;
    for (const std::string &url : order.authorizations) {
        if (!seen.empty() && clock.steady() > call.call.started + limit)
            break;
        seen.push_back(look_at_authorization(call, url).authorization);
    }
    return seen;
}

/// Fetches the order until it has another status, as long as this request may wait.
Order wait_while(ClientCall &call, Order order, std::string_view status,
                 const std::optional<WaitSlots::Slot> &slot, std::atomic<std::int64_t> &expected_ms)
{
    const milliseconds limit = call.wait_left();
    if (!slot || limit == milliseconds(0))
        return order;
    Poll poll(call.services().clock, limit, expected_ms);
    while (order.status == status) {
        if (!poll.wait(order.retry_after))
            return order;
        order = look_at_order(call, order.url);
    }
    poll.succeeded();
    return order;
}

}

Order look_at_order(ClientCall &call, const std::string &url)
{
    try {
        Order order = fetch_order(call.session(), call.signer(), url);
        const bool is_over = order.status == "valid" || order.status == "invalid";
        if (!is_over && order.expires && *order.expires <= call.services().clock.now())
            throw no_such_thing("order");
        return order;
    } catch (const CaProblem &problem) {
        rethrow_gone(problem, "order");
    }
}

SeenAuthorization read_authorization(ClientCall &call, const std::string &url)
{
    HttpResponse response;
    const Json json = [&] {
        try {
            return call.session().post_for_json(url, "", call.signer(), "authorization", &response);
        } catch (const CaProblem &problem) {
            rethrow_gone(problem, "authorization");
        }
    }();
    try {
        SeenAuthorization seen = parse_seen_authorization(json, url);
        seen.authorization.retry_after = retry_after_of(response, call.services().clock.now());
        return seen;
    } catch (...) {
        rethrow_while("read an authorization");
    }
}

Authorization end_authorization(ClientCall &call, const SeenAuthorization &seen)
{
    const std::string &url = seen.authorization.url;
    try {
        Authorization ended = deactivate_authorization(call.session(), call.signer(), url);
        if (ended.status != "pending")
            withdraw(call, seen.authorization);
        return ended;
    } catch (const CaProblem &problem) {
        // Not rethrow_gone(): it was there a moment ago, so this is about its state.
        if (problem.status == 404 || problem.status == 410)
            throw no_such_thing("authorization");
        throw;
    }
}

SeenAuthorization look_at_authorization(ClientCall &call, const std::string &url)
{
    SeenAuthorization seen = read_authorization(call, url);
    if (seen.authorization.status == "pending")
        offer(call, seen.authorization);
    else
        withdraw(call, seen.authorization);
    return seen;
}

SeenAuthorization wait_for_authorization(ClientCall &call, const std::string &url)
{
    SeenAuthorization seen = look_at_authorization(call, url);
    const milliseconds limit = call.wait_left();
    if (seen.authorization.status != "pending" || limit == milliseconds(0))
        return seen;
    const auto slot = call.services().waits.take(call.call.client);
    if (!slot)
        return seen;
    Poll poll(call.services().clock, limit, call.upstream.ca().service().validation_ms);
    while (seen.authorization.status == "pending" && poll.wait(seen.authorization.retry_after))
        seen = look_at_authorization(call, url);
    return seen;
}

Order validate(ClientCall &call, Order order)
{
    if (order.status != "pending")
        return order;
    // To offer the challenges of many names holds a thread as waiting does.
    const auto slot = call.services().waits.take(call.call.client);
    const std::vector<Authorization> seen =
        offer_all(call, order, slot ? offering_time : short_offering_time);
    order = wait_while(call, std::move(order), "pending", slot,
                       call.upstream.ca().service().validation_ms);
    if (order.status != "pending") {
        for (const Authorization &authorization : seen)
            withdraw(call, authorization);
    }
    return order;
}

Order wait_while_processing(ClientCall &call, Order order)
{
    if (order.status != "processing")
        return order;
    const auto slot = call.services().waits.take(call.call.client);
    return wait_while(call, std::move(order), "processing", slot,
                      call.upstream.ca().service().issuance_ms);
}

void withdraw_challenges(ClientCall &call, const Order &order)
{
    if (order.status == "pending" || !call.services().challenges.has_any())
        return;
    try {
        for (const std::string &url : order.authorizations)
            withdraw(call, read_authorization(call, url).authorization);
    } catch (const std::exception &) {
        // what is left, the sweep removes
    }
}

std::optional<CaProblem> failure_of(ClientCall &call, const Order &order)
try {
    if (order.status != "invalid")
        return std::nullopt;
    std::vector<Subproblem> failures;
    for (const std::string &url : order.authorizations) {
        const Authorization authorization = read_authorization(call, url).authorization;
        withdraw(call, authorization);
        if (const auto failure = authorization.failure())
            failures.push_back({failure->type, failure->detail, authorization.identifier.value()});
    }
    if (failures.empty())
        return std::nullopt;
    const bool is_one = failures.size() == 1;
    const std::string type = is_one ? failures.front().type : "compound";
    const std::string detail =
        is_one ? failures.front().detail
               : "the CA could not validate " + std::to_string(failures.size()) + " names";
    return CaProblem("", type, detail, 0, std::move(failures));
} catch (const std::exception &) {
    return std::nullopt; // the order's own error has to do
}

void add_retry_after(CgiResponse &response, std::string_view status,
                     const std::optional<Seconds> &retry_after)
{
    if (status != "pending" && status != "processing")
        return;
    const Seconds seconds = std::max(retry_after.value_or(Seconds(1)), Seconds(1));
    response.headers.emplace_back("Retry-After", std::to_string(seconds.count()));
}

CgiResponse answer_order(ClientCall &call, int status, const Order &order)
{
    const GatewayUrls urls = call.urls();
    CgiResponse response =
        json_response(status, render_order(order, failure_of(call, order), urls));
    response.headers.emplace_back("Location", urls.order(order.url));
    add_retry_after(response, order.status, order.retry_after);
    return response;
}

}
