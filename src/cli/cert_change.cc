// SPDX-License-Identifier: MIT
// acmeproxy cert set | remove | revoke: changes to a lineage, under its lock.
#include "acme/issued.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/cert_spec.h"
#include "cli/context.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "renew/ca_context.h"

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
    check_spec(spool, spec);
    if (to_json(spec) == to_json(before)) {
        out << "nothing of " << lineage.name().str() << " is to be changed\n";
        return 0;
    }
    lineage.write_spec(spec);
    if (invocation.given("hook"))
        warn_of_hook(hook_options(invocation), spec.hook);
    out << "changed " << lineage.name().str() << "\n" << std::flush;
    if (!asks_for_the_same(spec, before)) {
        lineage.set_due(system_clock().now());
        log_info("a new certificate is obtained in the next pass (now: acmeproxy renew --force " +
                 lineage.name().str() + ")");
    }
    return 0;
}

int remove_cert(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    for (const LineageName &name : find_lineages(spool, invocation.arguments)) {
        const Lineage lineage(spool, name);
        const Lock lock = lock_for_change(lineage);
        lineage.remove();
        out << "removed " << name.str() << "\n";
    }
    return 0;
}

/// By the account that is configured for the lineage; where that one may not, by the certificate's
/// own key (RFC 8555, section 7.6).
bool revoke_by_someone(AcmeSession &session, CaContext &ca, const std::optional<PrivateKey> &key,
                       const Certificate &certificate, std::optional<int> reason)
{
    try {
        const auto account = ca.account(session);
        return revoke_certificate(session, account->signer(), certificate, reason);
    } catch (const CaProblem &problem) {
        if (!key || problem.asks_to_wait() || problem.status >= 500)
            throw;
        log_info("the account may not revoke it (" + problem.detail +
                 "): trying the certificate's own key");
        return revoke_certificate(session, Signer{*key, ""}, certificate, reason);
    }
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

int revoke_cert(const Invocation &invocation, std::ostream &out)
{
    const auto reason = reason_of(invocation);
    const Spool spool = open_spool(invocation);
    const Lineage lineage(spool, find_lineage(spool, invocation.arguments[0]));
    const Lock lock = lock_for_change(lineage);
    const auto live = lineage.live();
    const auto chain = live ? lineage.chain(*live) : std::nullopt;
    if (!chain)
        throw Error("revoke " + lineage.name().str() + ": it has no certificate");
    const RenewOptions options = renew_options(invocation);
    CaContexts cas(spool, options, system_clock());
    CaContext &ca = cas.get(lineage.spec().ca);
    HttpClient http(ca.trust(), ca.http_options());
    AcmeSession session(http, ca.service(), system_clock());
    const bool is_new =
        revoke_by_someone(session, ca, lineage.private_key(*live), chain->front(), reason);
    out << (is_new ? "revoked" : "was revoked before:") << " the certificate "
        << chain->front().serial() << " of " << lineage.name().str() << "\n"
        << std::flush;
    log_info("it is still in " + lineage.path(LineageFile::live) +
             " (replace it: acmeproxy renew --force " + lineage.name().str() +
             "; give it up: acmeproxy cert remove " + lineage.name().str() + ")");
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
                    csr_action()},
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
            .description = "Revokes the live certificate, by the account or else by its own key. "
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
             .description = "Removes lineages with their keys and certificates. Nothing is "
                            "revoked.",
             .examples = {{"Give one up", "acmeproxy cert remove www.example.org"}},
             .man_page = "acmeproxy-cert(1)",
             .run = remove_cert},
            revoke_verb()};
}

}
