// SPDX-License-Identifier: MIT
// acmeproxy cert set | remove | revoke: changes to a lineage, under its lock.
#include "acme/issued.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/cert_spec.h"
#include "cli/context.h"
#include "cli/seal_options.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "renew/agent_source.h"
#include "renew/ca_context.h"
#include "spool/lineage_owner.h"

namespace acmeproxy {

namespace {

/// Waits a little: a pass may just be at it.
Lock lock_for_change(const Lineage &lineage)
{
    auto lock = lineage.lock(std::chrono::seconds(10));
    if (!lock)
        throw Error("change " + lineage.name().str() +
                    ": a pass is working on it (try again when it is done)");
    return std::move(*lock);
}

/// A key that is elsewhere, and the names of its request, are not chosen here.
void check_request_is_alone(const Invocation &invocation, const LineageSpec &spec)
{
    if (spec.makes_key())
        return;
    for (const char *name : {"key-type", "reuse-key", "add-name", "drop-name"}) {
        if (invocation.given(name))
            throw UsageError(std::string("--") + name +
                                 " has no meaning with a request of its own, whose key stays "
                                 "elsewhere and whose names are the certificate's",
                             "give another request with --csr");
    }
}

/// Something else is asked for: what was learned of the last attempt does not count for it.
void have_it_tried_at_once(const Lineage &lineage)
{
    RetryRecord retry = lineage.retry();
    if (retry.next) {
        retry.next.reset();
        lineage.write_retry(retry);
    }
    lineage.set_due(system_clock().now());
}

int set_cert(const Invocation &invocation, std::ostream &out)
{
    const std::string csr = invocation.text("csr").empty() ? "" : read_csr(invocation.text("csr"));
    const Spool spool = open_spool(invocation);
    const Lineage lineage(spool, find_lineage(spool, invocation.arguments[0]));
    const Lock lock = lock_for_change(lineage);
    const LineageSpec before = lineage.spec();
    LineageSpec spec = before;
    apply_options(spec, invocation, Which::given);
    apply_names(spec, invocation.list("add-name"), invocation.list("drop-name"));
    if (!csr.empty())
        apply_csr(spec, csr);
    check_request_is_alone(invocation, spec);
    apply_recipients(spec, invocation);
    check_spec(spool, spec);
    if (to_json(spec) == to_json(before)) {
        out << "nothing of " << lineage.name().str() << " is to be changed\n";
        return 0;
    }
    change_with_claims(spool, spec, before.identifiers, [&] { lineage.write_spec(spec); });
    if (invocation.given("hook"))
        warn_of_hook(hook_options(invocation), spec.hook);
    warn_of_wildcards(spec, before.identifiers);
    out << "changed " << lineage.name().str() << "\n" << std::flush;
    if (!asks_for_the_same(spec, before)) {
        have_it_tried_at_once(lineage);
        log_info("a new certificate is obtained in the next pass (now: acmeproxy renew --force " +
                 lineage.name().str() + ")");
    }
    return 0;
}

/// The agent's server that a lineage comes from, or "".
std::string server_of(const Lineage &lineage)
try {
    return lineage.spec().server;
} catch (const Error &) {
    const auto rebuilt = lineage.rebuild_spec(); // a damaged lineage can be removed, too
    return rebuilt ? rebuilt->server : "";
}

/// Has `ask` speak to the agent that a lineage comes from, as our account there.
template <class Ask>
void ask_agent(CaContext &server, AcmeSession &session, const Lineage &lineage, const Ask &ask)
{
    const auto account = server.account(session);
    const Signer signer = account->signer();
    AgentSource agent(session, signer, lineage.name());
    ask(agent);
}

/// False: we have no account there, so the server never heard of it.
bool ask_to_delete(CaContext &server, Connections &connections, const Lineage &lineage)
{
    if (!server.account_files().record())
        return false;
    AcmeSession session(connections.to(server), server.service(), system_clock());
    ask_agent(server, session, lineage, [](AgentSource &agent) { agent.remove(); });
    return true;
}

int remove_cert(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const RenewOptions options = renew_options(invocation);
    CaContexts cas(spool, options, system_clock());
    Connections connections;
    for (const LineageName &name : find_lineages(spool, invocation.arguments)) {
        const Lineage lineage(spool, name);
        const Lock lock = lock_for_change(lineage);
        const std::string server = server_of(lineage);
        bool asked = false;
        if (!server.empty() && !invocation.flag("only-here")) {
            try {
                asked = ask_to_delete(cas.at_server(server), connections, lineage);
            } catch (...) {
                rethrow_while("remove " + name.str() + ", which the agent " + server +
                              " is to delete first (to remove it here, and leave it there: "
                              "--only-here)");
            }
        }
        lineage.remove(); // a claim on its names counts for nothing from now on
        out << "removed " << name.str()
            << (asked ? "; " + server + " was asked to delete it, too" : "") << "\n"
            << std::flush;
        if (!server.empty() && invocation.flag("only-here"))
            log_warning(name.str() + " is still at " + server +
                        ", which goes on renewing it (its operator removes it there: acmeproxy "
                        "cert remove CLIENT@" +
                        name.str() + ")");
    }
    return 0;
}

/// By the account that is configured for the lineage; where that one may not, by the certificate's
/// own key (RFC 8555, section 7.6).
bool revoke_by_someone(AcmeSession &session, CaContext &ca, const ClientId &owner,
                       const PrivateKey *key, const Certificate &certificate,
                       std::optional<int> reason)
{
    try {
        const auto account = ca.account(session, owner);
        return revoke_certificate(session, account->signer(), certificate, reason);
    } catch (const CaProblem &problem) {
        if (!key || problem.asks_to_wait() || problem.status >= 500)
            throw;
        log_info("the account may not revoke it (" + problem.detail +
                 "): trying the certificate's own key");
        return revoke_certificate(session, Signer{*key, ""}, certificate, reason);
    }
}

/// A key that others may have must not come back with the next certificate.
void warn_of_same_key(const LineageSpec &spec, const std::string &name, std::optional<int> reason)
{
    constexpr int key_compromise = 1;
    if (reason != key_compromise || (spec.makes_key() && !spec.reuse_key))
        return;
    log_warning("the next certificate would have the same key, which is no longer a "
                "secret: acmeproxy cert set " +
                name + (spec.makes_key() ? " --no-reuse-key" : " --csr FILE"));
}

std::optional<int> reason_of(const Invocation &invocation)
{
    const std::string text = invocation.text("reason");
    if (text.empty())
        return std::nullopt;
    const auto reason = parse_revocation_reason(text);
    if (!reason)
        throw UsageError("--reason: \"" + printable(text, 60) +
                             "\" is no reason that a CA takes from a subscriber",
                         "see \"acmeproxy help cert revoke\"");
    return reason;
}

/// An agent's account at the CA is not ours, so the agent is asked. It then makes another one.
void ask_to_revoke(AcmeSession &session, CaContext &server, const Lineage &lineage, Generation live,
                   std::optional<int> reason)
{
    const auto origin = lineage.origin(live);
    if (!origin)
        throw Error("revoke " + lineage.name().str() + ": " +
                    lineage.path(live, GenerationFile::origin) +
                    " is missing or damaged, which says how the server calls the certificate (the "
                    "next pass makes it anew: acmeproxy renew " +
                    lineage.name().str() + ")");
    try {
        ask_agent(server, session, lineage,
                  [&](AgentSource &agent) { agent.revoke(origin->generation, reason); });
    } catch (...) {
        rethrow_while("revoke " + lineage.name().str() + ", which the agent " + origin->server +
                      " is to have done (try again; its operator can, too: acmeproxy cert revoke "
                      "CLIENT@" +
                      lineage.name().str() + ")");
    }
}

int revoke_cert(const Invocation &invocation, std::ostream &out)
{
    const auto reason = reason_of(invocation);
    const Spool spool = open_spool(invocation);
    const Lineage lineage(spool, find_lineage(spool, invocation.arguments[0]));
    const Lock lock = lock_for_change(lineage);
    const auto live = lineage.live();
    const auto chain = live ? lineage.chain(*live) : nullptr;
    if (!chain)
        throw Error("revoke " + lineage.name().str() + ": it has no certificate");
    const RenewOptions options = renew_options(invocation);
    CaContexts cas(spool, options, system_clock());
    const LineageSpec spec = lineage.spec();
    const bool from_agent = spec.source == "agent";
    CaContext &ca = from_agent ? cas.at_server(spec.server) : cas.get(spec.ca);
    HttpClient http(ca.trust(), ca.http_options());
    AcmeSession session(http, ca.service(), system_clock());
    if (from_agent) {
        ask_to_revoke(session, ca, lineage, *live, reason);
        lineage.set_due(system_clock().now() + std::chrono::minutes(1));
        out << "asked " << spec.server << " to revoke the certificate " << chain->front().serial()
            << " of " << lineage.name().str() << ", and to make another\n";
        return 0;
    }
    const bool is_new = revoke_by_someone(session, ca, account_owner(spool, spec),
                                          lineage.private_key(*live).get(), chain->front(), reason);
    out << (is_new ? "revoked" : "was revoked before:") << " the certificate "
        << chain->front().serial() << " of " << lineage.name().str() << "\n"
        << std::flush;
    log_info("it is still in " + lineage.path(LineageFile::live) +
             " (replace it: acmeproxy renew --force " + lineage.name().str() +
             "; give it up: acmeproxy cert remove " + lineage.name().str() + ")");
    warn_of_same_key(spec, lineage.name().str(), reason);
    return 0;
}

Verb set_verb()
{
    return {
        .name = "cert set",
        .synopsis = "NAME",
        .least = 1,
        .most = 1,
        .summary = "change what a certificate is to be",
        .description = "Changes a lineage; what is not given stays. Where the certificate no "
                       "longer is what is wanted, the next pass obtains a new one.",
        .settings = {"ca", "key-type", "reuse-key", "preferred-chain", "profile"},
        .actions = {{.name = "add-name",
                     .kind = OptionKind::list,
                     .value_name = "NAME",
                     .help = "A DNS name or IP address to have in the certificate, too."},
                    {.name = "drop-name",
                     .kind = OptionKind::list,
                     .value_name = "NAME",
                     .help = "A DNS name or IP address to leave out from now on."},
                    hook_action(),
                    csr_action(),
                    recipient_action(),
                    escrow_action()},
        .examples = {{"One more name", "acmeproxy cert set www.example.org --add-name example.org"},
                     {"No hook of its own any more",
                      "acmeproxy cert set www.example.org --hook ''"}},
        .man_page = "acmeproxy-cert(1)",
        .run = set_cert};
}

Verb revoke_verb()
{
    std::vector<std::string> settings = network_settings();
    settings.push_back("acme-directory-url");
    return {.name = "cert revoke",
            .synopsis = "NAME",
            .least = 1,
            .most = 1,
            .summary = "have the CA revoke the live certificate",
            .description = "Revokes the live certificate, by the account or else by its own key; "
                           "what came from an agent, by asking that. "
                           "The lineage stays: renew --force replaces the certificate, cert remove "
                           "gives it up.",
            .settings = settings,
            .actions = {{.name = "reason",
                         .value_name = "REASON",
                         .help = "Why: keyCompromise, affiliationChanged, superseded, "
                                 "cessationOfOperation or a number of RFC 5280, section 5.3.1."}},
            .examples = {{"The key was stolen",
                          "acmeproxy cert revoke www.example.org --reason keyCompromise"}},
            .man_page = "acmeproxy-cert(1)",
            .run = revoke_cert};
}

}

std::vector<Verb> cert_change_verbs()
{
    return {set_verb(),
            {.name = "cert remove",
             .synopsis = "NAME...",
             .least = 1,
             .most = Verb::any_number,
             .summary = "stop keeping a certificate, and remove its files",
             .description = "Removes lineages with their keys and certificates. What comes from "
                            "an agent that is asked to delete first. Nothing is revoked.",
             .settings = network_settings(),
             .actions = {{.name = "only-here",
                          .kind = OptionKind::flag,
                          .help = "Do not ask an agent: it keeps what it has, and renews it."}},
             .examples = {{"Give one up", "acmeproxy cert remove www.example.org"}},
             .man_page = "acmeproxy-cert(1)",
             .run = remove_cert},
            revoke_verb()};
}

}
