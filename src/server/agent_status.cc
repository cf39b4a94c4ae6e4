// SPDX-License-Identifier: MIT
#include "server/agent_status.h"

#include "base/time_text.h"
#include "server/gateway_render.h"
#include "spool/agent_requests.h"
#include "spool/name_claims.h"

#include <algorithm>
#include <set>

namespace acmeproxy {

namespace {

constexpr Seconds when_failing_at_most{3600};
constexpr Seconds when_settled = std::chrono::hours(6);

/// What lies on disk of one lineage, read once.
struct Seen {
    std::optional<LineageSpec> spec;
    std::optional<AgentWish> wish;
    std::optional<AgentRefusal> refusal;
    std::optional<Generation> live;
    std::shared_ptr<const Certificate> certificate;
    RetryRecord retry;
};

Seen look_at(const ServerContext &context, const AgentCaller &caller, const LineageName &name)
{
    Seen seen;
    const AgentRequests requests(context.spool);
    // In this order: what is applied or refused meanwhile is there before its wish goes.
    seen.wish = requests.find(name);
    seen.refusal = requests.refusal(name);
    seen.spec = own_spec(context, caller, name);
    if (!seen.spec)
        return seen;
    const Lineage lineage(context.spool, name);
    seen.retry = lineage.retry();
    seen.live = lineage.live();
    const auto chain = seen.live ? lineage.chain(*seen.live) : nullptr;
    if (chain)
        seen.certificate = std::shared_ptr<const Certificate>(chain, &chain->front());
    else
        seen.live.reset();
    return seen;
}

std::string status_of(const ServerContext &context, const Seen &seen)
{
    if (seen.certificate)
        return seen.certificate->not_after() > context.clock.now() ? "valid" : "expired";
    return seen.spec || seen.wish ? "pending" : "refused";
}

template <class Wanted> void render_wanted(Json &json, const Wanted &wanted)
{
    json.set("identifiers", render_identifiers(wanted.identifiers))
        .set("recipients", Json::strings(texts_of(wanted.recipients)))
        .set("key_type", to_text(wanted.key_type))
        .set("reuse_key", wanted.reuse_key)
        .set("own_key", !wanted.csr.empty());
    if (!wanted.profile.empty())
        json.set("profile", wanted.profile);
}

void render_live(const ServerContext &context, Json &json, const std::string &name,
                 const Seen &seen)
{
    json.set("generation", generation_text(*seen.live))
        .set("files", agent_url(context, name) + "/" + generation_text(*seen.live) + "/")
        .set("not_before", format_rfc3339(seen.certificate->not_before()))
        .set("expires", format_rfc3339(seen.certificate->not_after()));
}

/// What failed since the last success: in the CA's words where it was the CA that said no. Texts of
/// ours can hold paths and other names, so they stay in the operator's log.
void render_failure(Json &json, const RetryRecord &retry)
{
    if (retry.attempts == 0)
        return;
    const std::string detail = retry.client_error.empty()
                                   ? "something is wrong at the proxy; its operator's log says what"
                                   : retry.client_error;
    json.set("error", Json::object()
                          .set("detail", detail)
                          .set("when", format_rfc3339(retry.last))
                          .set("attempts", retry.attempts));
    if (retry.next)
        json.set("next_attempt", format_rfc3339(*retry.next));
}

void render_refusal(Json &json, const AgentRefusal &refusal)
{
    json.set("refused", Json::object()
                            .set("wish", refusal.wish)
                            .set("type", "urn:ietf:params:acme:error:" + refusal.type)
                            .set("detail", refusal.detail)
                            .set("when", format_rfc3339(refusal.when)));
}

/// nullopt: there is nothing of that name.
std::optional<Json> render(const ServerContext &context, const LineageName &name, const Seen &seen)
{
    if (!seen.spec && !seen.wish && !seen.refusal)
        return std::nullopt;
    const std::string local = local_name(name);
    Json json = Json::object();
    json.set("name", local)
        .set("url", agent_url(context, local))
        .set("status", status_of(context, seen));
    if (seen.spec)
        render_wanted(json, *seen.spec);
    else if (seen.wish && seen.wish->kind == AgentWish::Kind::want)
        render_wanted(json, *seen.wish);
    if (seen.live)
        render_live(context, json, local, seen);
    render_failure(json, seen.retry);
    if (seen.wish)
        json.set("wish", to_text(seen.wish->kind));
    if (seen.refusal)
        render_refusal(json, *seen.refusal);
    return json;
}

/// When it is worth asking again.
Seconds ask_again_after(const ServerContext &context, const Seen &seen)
{
    if (seen.wish)
        return when_pending;
    if (seen.retry.attempts > 0 && seen.retry.next)
        return std::clamp<Seconds>(*seen.retry.next - context.clock.now(), when_pending,
                                   when_failing_at_most);
    return seen.live ? when_settled : when_pending;
}

}

std::string agent_url(const ServerContext &context, const std::string &name)
{
    return context.options.base_url + "/agent/certs/" + name;
}

std::optional<Json> render_certificate(const ServerContext &context, const AgentCaller &caller,
                                       const LineageName &name)
{
    return render(context, name, look_at(context, caller, name));
}

CgiResponse answer_certificate(const ServerContext &context, const AgentCaller &caller,
                               const LineageName &name, int status)
{
    const Seen seen = look_at(context, caller, name);
    const auto json = render(context, name, seen);
    if (!json)
        throw no_such_certificate();
    CgiResponse response = json_response(status, *json);
    if (status == 202)
        response.headers.emplace_back("Location", json->string_at("url"));
    response.headers.emplace_back("Retry-After",
                                  std::to_string(ask_again_after(context, seen).count()));
    return response;
}

CgiResponse answer_list(const ServerContext &context, const AgentCaller &caller)
{
    const AgentRequests requests(context.spool);
    std::set<LineageName> names;
    for (const auto &some : {lineages_of(context.spool, caller.client),
                             requests.list(caller.client), requests.refused(caller.client)})
        names.insert(some.begin(), some.end());
    Json list = Json::array();
    for (const LineageName &name : names) {
        if (!caller.may_see(local_name(name)))
            continue;
        if (auto json = render_certificate(context, caller, name))
            list.push(std::move(*json));
    }
    return json_response(200, Json::object().set("certs", std::move(list)));
}

}
