// SPDX-License-Identifier: MIT
#include "server/agent_wishes.h"

#include "acme/issued.h"
#include "base/log.h"
#include "base/text.h"
#include "renew/agent_policy.h"
#include "renew/schedule.h"
#include "server/agent_status.h"
#include "server/agent_wish.h"
#include "spool/agent_requests.h"
#include "spool/name_claims.h"

#include <algorithm>

namespace acmeproxy {

namespace {

using Kind = AgentWish::Kind;

/// A wish that waits can be replaced by one that says more of the same, or that makes it void. A
/// revocation that was accepted is carried out.
bool may_replace(const AgentWish &waiting, const AgentWish &next)
{
    switch (waiting.kind) {
    case Kind::want:
        return next.kind == Kind::want || next.kind == Kind::remove;
    case Kind::renew:
        return true;
    case Kind::revoke:
        return next.kind == Kind::revoke && next.generation == waiting.generation;
    case Kind::remove:
        return next.kind == Kind::remove || next.kind == Kind::want;
    }
    return false;
}

void check_not_waiting(const std::optional<AgentWish> &waiting, const AgentWish &next)
{
    if (!waiting || may_replace(*waiting, next))
        return;
    Problem problem("malformed",
                    "another wish (" + to_text(waiting->kind) +
                        ") is still to be applied; ask again when it is",
                    409);
    problem.retry_after = Seconds(15);
    throw problem;
}

/// The caller holds AgentRequests::lock(): of two at once none must undo what the other accepted.
CgiResponse leave(const ServerContext &context, const AgentCaller &caller, const LineageName &name,
                  AgentWish wish)
{
    const AgentRequests requests(context.spool);
    check_not_waiting(requests.find(name), wish);
    wish.account = caller.request->account->id.str();
    wish.made = context.clock.now();
    requests.put(name, wish);
    log_info("client " + caller.client.str() + ": a wish: " + to_text(wish.kind) +
             (context.options.log_names ? " " + local_name(name) : ""));
    return answer_certificate(context, caller, name, 202);
}

/// Those that are, and those that are wished for.
void check_quota(const ServerContext &context, const AgentCaller &caller)
{
    const AgentRequests requests(context.spool);
    std::vector<LineageName> all = lineages_of(context.spool, caller.client);
    const std::vector<LineageName> wished = requests.list(caller.client);
    all.insert(all.end(), wished.begin(), wished.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (all.size() >= static_cast<std::size_t>(caller.policy.max_lineages))
        throw Problem("unauthorized",
                      "this client has " + std::to_string(all.size()) +
                          " certificates, as many as it may",
                      403);
}

template <class A, class B> bool asks_for_equal(const A &a, const B &b)
{
    auto left = a.recipients;
    auto right = b.recipients;
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
    return same_set(a.identifiers, b.identifiers) && left == right && a.key_type == b.key_type &&
           a.reuse_key == b.reuse_key && a.profile == b.profile && a.csr == b.csr;
}

void check_members(const Json &payload, std::initializer_list<std::string_view> known)
{
    if (const auto name = payload.unknown_member(known))
        throw Problem("malformed", "member \"" + printable(*name, 60) + "\" is not known here");
}

/// Of a lineage that exists.
LineageName existing(const ServerContext &context, const AgentCaller &caller,
                     const std::string &name)
{
    LineageName lineage = caller.name_of(name);
    if (!own_spec(context, caller, lineage))
        throw no_such_certificate();
    return lineage;
}

}

CgiResponse want_response(const ServerContext &context, const AgentCaller &caller)
{
    NamedWish named = read_want(caller.request->json());
    const AgentWish &wish = named.wish;
    check_agent_names(context.spool, caller.client, caller.policy, wish.identifiers);
    check_agent_profile(caller.policy, wish.profile);
    LineageName name = [&] {
        try {
            return client_lineage_name(caller.client, LineageName::parse(named.name));
        } catch (const Error &) {
            throw Problem("malformed", "the name is too long; choose one with \"name\"");
        }
    }();
    const Lock lock = AgentRequests(context.spool).lock();
    // In this order: what is applied meanwhile is there before its wish goes.
    const auto waiting = AgentRequests(context.spool).find(name);
    const auto spec = own_spec(context, caller, name);
    if (spec && !waiting && asks_for_equal(*spec, wish))
        return answer_certificate(context, caller, name, 200);
    if (waiting && waiting->kind == Kind::want && asks_for_equal(*waiting, wish))
        return answer_certificate(context, caller, name, 202);
    if (!spec && !waiting)
        check_quota(context, caller);
    return leave(context, caller, name, std::move(named.wish));
}

CgiResponse renew_response(const ServerContext &context, const AgentCaller &caller,
                           const std::string &name)
{
    check_members(caller.request->json(), {});
    const LineageName lineage_name = existing(context, caller, name);
    const Lineage lineage(context.spool, lineage_name);
    if (lineage.stored_last_day(context.clock.now()) >= most_certificates_a_day) {
        Problem problem("rateLimited", "it was renewed twice in the last 24 hours");
        problem.retry_after = std::chrono::hours(12);
        throw problem;
    }
    AgentWish wish;
    wish.kind = Kind::renew;
    const Lock lock = AgentRequests(context.spool).lock();
    return leave(context, caller, lineage_name, std::move(wish));
}

CgiResponse revoke_response(const ServerContext &context, const AgentCaller &caller,
                            const std::string &name)
{
    const Json payload = caller.request->json();
    check_members(payload, {"reason", "generation"});
    const LineageName lineage_name = existing(context, caller, name);
    const Lineage lineage(context.spool, lineage_name);
    AgentWish wish;
    wish.kind = Kind::revoke;
    const std::string text = payload.string_or("generation", "");
    const auto number = text.empty() ? lineage.live() : parse_generation(text);
    if (!number || !lineage.stored_at(*number))
        throw no_such_certificate();
    wish.generation = *number;
    if (payload.find("reason")) {
        wish.reason = parse_revocation_reason(std::to_string(payload.int_at("reason")));
        if (!wish.reason)
            throw Problem("badRevocationReason", "reasons 0, 1, 3, 4 and 5 are taken");
    }
    const Lock lock = AgentRequests(context.spool).lock();
    return leave(context, caller, lineage_name, std::move(wish));
}

CgiResponse delete_response(const ServerContext &context, const AgentCaller &caller,
                            const std::string &name)
{
    check_members(caller.request->json(), {});
    const LineageName lineage = caller.name_of(name);
    // What was only wished for, or refused, can be given up, too.
    if (!render_certificate(context, caller, lineage))
        throw no_such_certificate();
    AgentWish wish;
    wish.kind = Kind::remove;
    const Lock lock = AgentRequests(context.spool).lock();
    return leave(context, caller, lineage, std::move(wish));
}

}
