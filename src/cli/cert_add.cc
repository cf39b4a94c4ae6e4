// SPDX-License-Identifier: MIT
// acmeproxy cert add: a new lineage, and its first certificate.
#include "base/error.h"
#include "base/log.h"
#include "cli/agent_server.h"
#include "cli/cert_spec.h"
#include "cli/context.h"
#include "cli/renew_run.h"
#include "cli/seal_options.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "spool/agent_names.h"

namespace acmeproxy {

namespace {

const char *const hint = "see \"acmeproxy help cert add\"";

/// The names of the command line and those of a request must be the same, where both are given.
LineageSpec spec_from(const Invocation &invocation)
{
    LineageSpec spec;
    apply_options(spec, invocation, Which::all);
    if (invocation.text("csr").empty()) {
        if (invocation.arguments.empty())
            throw UsageError("\"cert add\" needs NAME... or --csr", hint);
        apply_names(spec, invocation.arguments, {});
        return spec;
    }
    if (invocation.given("key-type") || invocation.given("reuse-key"))
        throw UsageError("with --csr the key stays elsewhere: --key-type and --reuse-key have no "
                         "meaning",
                         hint);
    LineageSpec named;
    if (!invocation.arguments.empty())
        apply_names(named, invocation.arguments, {});
    apply_csr(spec, read_csr(invocation.text("csr")));
    if (named.identifiers.empty())
        return spec;
    if (!same_set(named.identifiers, spec.identifiers))
        throw UsageError("the request is for " + to_text(spec.identifiers) + ", not for " +
                             to_text(named.identifiers),
                         hint);
    spec.identifiers = named.identifiers; // in the order that was given: the first one names it
    return spec;
}

LineageName name_for(const Invocation &invocation, const LineageSpec &spec)
{
    const std::string name = invocation.text("name");
    try {
        const LineageName own = name.empty() ? default_lineage_name(spec.identifiers.front())
                                             : LineageName::parse(name);
        if (spec.owner)
            return client_lineage_name(*spec.owner, own);
        if (owner_of_lineage(own)) // it would be in the way of that client's
            throw Error("\"" + own.str() +
                        "\" is what a client's lineage is called (with --client, leave out what "
                        "stands before the @)");
        return own;
    } catch (const Error &e) {
        throw UsageError((name.empty() ? "" : "--name: ") + describe(e), hint);
    }
}

[[noreturn]] void refuse_taken(const LineageName &name)
{
    throw Error("add the lineage " + name.str() +
                ": there is one of that name already (choose another with --name; change it: "
                "acmeproxy cert set " +
                name.str() + ")");
}

void make(const Spool &spool, const LineageName &name, const LineageSpec &spec)
{
    if (!Lineage::create(spool, name, spec))
        refuse_taken(name);
}

int obtain(const Invocation &invocation, const Spool &spool, const LineageName &name,
           std::ostream &out)
{
    RenewOptions options = renew_options(invocation);
    options.names = {name};
    options.workers = 1;
    const RunResult result = renew_and_deploy(spool, options, hook_options(invocation));
    const Lineage lineage(spool, name);
    // Where another pass was faster, it has the lock: its result counts.
    if (result.obtained + result.failed + result.deferred == 0)
        lineage.lock(options.order_timeout);
    const bool is_live = lineage.live().has_value();
    if (is_live)
        out << lineage.path(LineageFile::live) << "\n" << std::flush;
    if (is_live && result.failed == 0)
        return 0;
    log_info(is_live ? "the certificate is live, its hook is run again by later passes (at once: "
                       "acmeproxy deploy " +
                           name.str() + ")"
                     : "the lineage stays: \"acmeproxy renew\" tries again when it is due (at "
                       "once: acmeproxy renew " +
                           name.str() + "; give it up: acmeproxy cert remove " + name.str() + ")");
    return 1;
}

int add_cert(const Invocation &invocation, std::ostream &out)
{
    LineageSpec spec = spec_from(invocation);
    const auto server = read_agent_server(spec, invocation);
    const Spool spool = open_spool_for_hooks(invocation);
    apply_client(spec, spool, invocation);
    const LineageName name = name_for(invocation, spec);
    check_spec(spool, spec);
    if (server && Lineage(spool, name).exists())
        refuse_taken(name); // before the server hears of it
    if (server)
        meet_agent_server(*server, spool, invocation);
    change_with_claims(spool, spec, {}, [&] { make(spool, name, spec); });
    warn_of_hook(hook_options(invocation), spec.hook);
    if (invocation.given("acme-directory-url"))
        log_warning("--acme-directory-url is not kept: renewals use it only when it is in "
                    "acmeproxy.conf, or the CA is added (acmeproxy ca add)");
    if (!invocation.flag("later"))
        return obtain(invocation, spool, name, out);
    warn_of_wildcards(spec, {});
    out << "added " << name.str() << ", to be obtained by the next \"acmeproxy renew\"\n";
    return 0;
}

std::vector<Option> actions()
{
    std::vector<Option> actions{
        {.name = "name",
         .value_name = "NAME",
         .help = "What to call the lineage; by default as its first name."},
        hook_action(),
        csr_action(),
        {.name = "client",
         .value_name = "ID",
         .help = "Whose certificate it is: its key is sealed for this client, and "
                 "stored in no other form. The client's policy must allow the names, "
                 "now and at each renewal."},
        recipient_action(),
        escrow_action(),
        {.name = "later",
         .kind = OptionKind::flag,
         .help = "Only add it: the next \"acmeproxy renew\" obtains the "
                 "certificate."}};
    const std::vector<Option> of_agents = agent_actions();
    actions.insert(actions.end() - 1, of_agents.begin(), of_agents.end());
    return actions;
}

}

Verb cert_add_verb()
{
    std::vector<std::string> settings = network_settings();
    settings.insert(settings.end(),
                    {"ca", "acme-directory-url", "contact", "account-key-type", "key-type",
                     "reuse-key", "preferred-chain", "profile", "order-timeout", "self-check",
                     "self-check-port", "certificate-obtained-hook", "hook-timeout", "hooks-dir"});
    return {
        .name = "cert add",
        .synopsis = "NAME...",
        .most = Verb::any_number,
        .summary = "obtain a certificate and keep it fresh",
        .description =
            "Adds a lineage for the names (DNS names and IP addresses, in one certificate) and "
            "obtains its first certificate at once. The folder of its files is printed: "
            "privkey.pem, cert.pem, chain.pem and fullchain.pem. From then on \"acmeproxy renew\" "
            "keeps it fresh. The CA must find challenge.fcgi at http://NAME/.well-known/"
            "acme-challenge/. With --source agent another acmeproxy does all that: it is asked, "
            "and what it has sealed for this one is fetched, opened and verified.",
        .settings = settings,
        .actions = actions(),
        .examples = {{"Two names in one certificate",
                      "acmeproxy cert add www.example.org example.org"},
                     {"With a hook, from the CA's staging environment",
                      "acmeproxy cert add a.example.org --ca letsencrypt-staging "
                      "--hook reload"},
                     {"For a client, who alone can open the key",
                      "acmeproxy cert add b.example.org --client web1 --recipient age1..."},
                     {"From the acmeproxy that the CA can reach",
                      "acmeproxy cert add c.example --source agent "
                      "--server https://HOST/agent/"},
                     {"The key stays where it is", "acmeproxy cert add --csr request.pem"}},
        .man_page = "acmeproxy-cert(1)",
        .run = add_cert,
    };
}

}
