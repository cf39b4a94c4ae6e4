// SPDX-License-Identifier: MIT
#include "server/gateway_call.h"

#include "base/log.h"
#include "server/gateway_problem.h"

#include <algorithm>

namespace acmeproxy {

namespace {

using std::chrono::milliseconds;

/// Below what clients and web servers wait for.
constexpr std::chrono::seconds longest_request{20};

ClientCall make_client_call(GatewayCall &call, SignedRequest request, UrlToken token)
{
    check_ca_allowed(call, *request.policy);
    Account account = read_ca_account(call.context().spool, *call.ca, token.ca_account);
    return {call, std::move(request), std::move(token), std::move(account),
            UpstreamCall(call.ca, call.services.clock, call.deadline())};
}

SignedRequest open_signed(GatewayCall &call)
{
    SignedRequest request = open_envelope(call.context(), call.request, SignedBy::kid, "gateway");
    call.client = request.account->id.client().str();
    return request;
}

}

GatewayServices::GatewayServices(ServerContext &server)
    : context(server), upstream(server),
      waits(std::max(1, server.options.threads / 2), server.options.waits_per_client),
      clock(server.clock, waits), challenges(server.spool, server.clock),
      renewal_info(server.clock), unknown_callers(server.clock)
{
}

std::chrono::steady_clock::time_point GatewayCall::deadline() const
{
    return started + longest_request;
}

milliseconds ClientCall::wait_left() const
{
    const ServerContext &context = call.context();
    const auto left = std::chrono::floor<milliseconds>(call.started + context.options.wait -
                                                       context.clock.steady());
    return std::max(left, milliseconds(0));
}

void check_ca_allowed(const GatewayCall &call, const ClientPolicy &policy)
{
    const CaName &ca = call.ca->name();
    const bool allowed = ca.str() == call.context().renew.default_ca ||
                         std::find(policy.cas.begin(), policy.cas.end(), ca) != policy.cas.end();
    if (!allowed)
        throw Problem("unauthorized", "this client may not use the CA \"" + ca.str() + "\"", 403);
}

ClientCall open_client_call(GatewayCall &call, UrlToken::Kind kind, const std::string &what)
{
    SignedRequest request = open_signed(call);
    auto token = open_url_token(call.context(), call.route.item, kind, request.account->id.str());
    if (!token || token->ca != call.ca->name().str())
        throw no_such_thing(what);
    return make_client_call(call, std::move(request), std::move(*token));
}

ClientCall open_client_call(GatewayCall &call)
{
    SignedRequest request = open_signed(call);
    UrlToken token{UrlToken::Kind::order,
                   call.ca->name().str(),
                   "default",
                   request.account->id.str(),
                   {},
                   {},
                   {}};
    if (request.policy->own_account)
        token.ca_account = request.account->id.client().str();
    return make_client_call(call, std::move(request), std::move(token));
}

void note(const GatewayCall &call, const std::string &event,
          const std::vector<Identifier> &identifiers)
{
    std::string text = call.client.empty() ? "gateway: " : "client " + call.client + ": ";
    text += event;
    if (call.context().options.log_names && !identifiers.empty())
        text += " (" + to_text(identifiers) + ")";
    log_info(text);
}

}
