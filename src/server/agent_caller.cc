// SPDX-License-Identifier: MIT
#include "server/agent_caller.h"

#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"
#include "renew/agent_policy.h"
#include "spool/client_tokens.h"

namespace acmeproxy {

namespace {

struct Credentials {
    std::string user; ///< of Basic; empty for Bearer
    std::string token;
};

/// RFC 6750, section 2.1; RFC 7617, section 2.
std::optional<Credentials> read_credentials(const std::string &header)
{
    const std::size_t space = header.find(' ');
    if (space == std::string::npos)
        return std::nullopt;
    const std::string scheme = to_lower(header.substr(0, space));
    const std::string value(trim(std::string_view(header).substr(space)));
    if (scheme == "bearer")
        return Credentials{"", value};
    const auto pair = scheme == "basic" ? base64_decode(value) : std::nullopt;
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos)
        return std::nullopt;
    return Credentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

/// One answer for all tokens that are of no use.
[[noreturn]] void no_token()
{
    throw Problem("unauthorized", "a token of an agent client is needed here", 401);
}

AgentCaller open_by_token(ServerContext &context, const CgiRequest &request)
{
    const auto credentials = read_credentials(request.header("Authorization"));
    if (!credentials)
        no_token();
    const auto token = ClientTokens(context.spool).find(credentials->token, context.clock.now());
    if (!token || (!credentials->user.empty() && credentials->user != token->client.str()))
        no_token();
    return {token->client, agent_policy(context.clients, token->client), std::nullopt,
            token->lineage};
}

}

LineageName AgentCaller::name_of(const std::string &name) const
{
    if (!may_see(name))
        throw no_such_certificate();
    try {
        return client_lineage_name(client, LineageName::parse(name));
    } catch (const Error &) {
        throw no_such_certificate();
    }
}

AgentCaller open_agent_call(ServerContext &context, const CgiRequest &request)
{
    if (request.method == "GET" || request.method == "HEAD")
        return open_by_token(context, request);
    SignedRequest signed_request = open_envelope(context, request, SignedBy::kid, "agent");
    const ClientId client = signed_request.account->id.client();
    ClientPolicy policy = *signed_request.policy;
    return {client, std::move(policy), std::move(signed_request), {}};
}

Problem no_such_certificate()
{
    return {"unauthorized", "there is no such certificate", 404};
}

std::optional<LineageSpec> own_spec(const ServerContext &context, const AgentCaller &caller,
                                    const LineageName &name)
{
    const Lineage lineage(context.spool, name);
    if (!lineage.exists())
        return std::nullopt;
    LineageSpec spec = lineage.spec();
    if (!spec.is_sealed() || spec.owner != caller.client) {
        log_error(name.str() + ": it bears a client's name and is not the client's");
        return std::nullopt;
    }
    return spec;
}

}
