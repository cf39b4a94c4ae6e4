// SPDX-License-Identifier: MIT
// acmeproxy client add | allow | deny | enable | disable | remove: who may use the gateway and the
// agent, and for what names.
#include "base/log.h"
#include "base/text.h"
#include "cli/client_rights.h"
#include "cli/client_text.h"
#include "cli/context.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "spool/agent_requests.h"
#include "spool/ca_store.h"

#include <algorithm>

namespace acmeproxy {

namespace {

std::vector<NamePattern> parse_patterns(const std::vector<std::string> &texts)
{
    std::vector<NamePattern> patterns;
    for (const std::string &text : split_commas(texts)) {
        try {
            const NamePattern pattern = NamePattern::parse(text);
            if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end())
                patterns.push_back(pattern);
        } catch (const Error &e) {
            throw UsageError(e.what(), "see PATTERNS in acmeproxy-client(1)");
        }
    }
    return patterns;
}

ClientPolicy policy_from(const Invocation &invocation)
{
    ClientPolicy policy;
    std::vector<std::string> patterns = invocation.list("allow");
    // "--allow A B" reads as well as "--allow A --allow B".
    patterns.insert(patterns.end(), invocation.arguments.begin() + 1, invocation.arguments.end());
    policy.names = parse_patterns(patterns);
    policy.modes = {"gateway"};
    apply_rights(policy, invocation);
    return policy;
}

int add_client(const Invocation &invocation, std::ostream &out)
{
    const ClientId id =
        from_command_line([&] { return ClientId::parse(invocation.arguments[0]); }, "client add");
    if (id.str() == "default")
        throw UsageError("a client cannot be named \"default\"",
                         "that is whose accounts at CAs are everybody's");
    const ClientPolicy policy = policy_from(invocation);
    const Spool spool = open_or_make_spool(invocation);
    check_given_cas(spool, invocation);
    if (!ClientStore(spool).create(id, policy))
        throw Error("add the client " + id.str() +
                    ": there is one of that name (change it: acmeproxy client allow " + id.str() +
                    " PATTERN, acmeproxy client set " + id.str() + ")");
    out << "added the client " << id.str() << "\n";
    if (policy.names.empty())
        log_warning("it may have no names yet (acmeproxy client allow " + id.str() + " PATTERN)");
    log_info("it needs a key to register with: acmeproxy client eab add " + id.str());
    return 0;
}

/// As text: "**.com" may be denied, but is no pattern.
std::string opposite_text(const NamePattern &pattern)
{
    return pattern.denies() ? pattern.text().substr(1) : "!" + pattern.text();
}

void drop(std::vector<NamePattern> &patterns, const std::string &text)
{
    std::erase_if(patterns, [&](const NamePattern &one) { return one.text() == text; });
}

enum class Verdict { allow, deny };

int change_patterns(const Invocation &invocation, std::ostream &out, Verdict verdict)
{
    const std::vector<std::string> &words = invocation.arguments;
    std::vector<NamePattern> wanted;
    for (const std::string &text : split_commas({words.begin() + 1, words.end()}))
        wanted.push_back(parse_patterns({verdict == Verdict::deny ? "!" + text : text}).front());
    for (const NamePattern &pattern : wanted) {
        if (pattern.denies() != (verdict == Verdict::deny))
            throw UsageError("\"" + pattern.text() + "\" denies: it is no pattern to allow",
                             "deny names with \"acmeproxy client deny\"");
    }
    const Spool spool = open_spool(invocation);
    const ClientId id = find_client(ClientStore(spool), words[0]);
    std::vector<std::string> texts;
    change_policy(spool, id, [&](ClientPolicy &policy) {
        for (const NamePattern &pattern : wanted) {
            drop(policy.names, pattern.text());
            if (invocation.flag("drop"))
                continue;
            drop(policy.names, opposite_text(pattern));
            policy.names.push_back(pattern);
        }
        texts = pattern_texts(policy.names);
    });
    out << id.str() << ": " << (texts.empty() ? "may have no names" : join(texts, " ")) << "\n";
    return 0;
}

int allow(const Invocation &invocation, std::ostream &out)
{
    return change_patterns(invocation, out, Verdict::allow);
}

int deny(const Invocation &invocation, std::ostream &out)
{
    return change_patterns(invocation, out, Verdict::deny);
}

int set_enabled(const Invocation &invocation, std::ostream &out, bool enabled)
{
    const Spool spool = open_spool(invocation);
    for (const std::string &text : invocation.arguments) {
        const ClientId id = find_client(ClientStore(spool), text);
        change_policy(spool, id, [&](ClientPolicy &policy) { policy.enabled = enabled; });
        out << (enabled ? "enabled " : "disabled ") << id.str() << "\n";
    }
    return 0;
}

int enable(const Invocation &invocation, std::ostream &out)
{
    return set_enabled(invocation, out, true);
}

int disable(const Invocation &invocation, std::ostream &out)
{
    return set_enabled(invocation, out, false);
}

void refuse_if_it_has_lineages(const Spool &spool, const ClientId &id)
{
    std::vector<std::string> names;
    for (const LineageName &lineage : spool.lineages()) {
        if (lineage.str().starts_with(id.str() + "@"))
            names.push_back(lineage.str());
    }
    if (!names.empty())
        throw Error("remove the client " + id.str() + ": it has lineages: " + join(names, ", ") +
                    " (first: acmeproxy cert remove)");
}

/// A later client of the same name must not get what this one has proven to a CA.
void drop_accounts_at_cas(const Spool &spool, const ClientId &id)
{
    for (const CaName &ca : spool.cas()) {
        if (!spool.exists(SpoolNames::account(ca, id)))
            continue;
        AccountFiles(spool, ca, id).remove();
        log_warning("the key of its account at the CA " + ca.str() +
                    " was removed; the account there was not deactivated");
    }
}

int remove_client(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    for (const std::string &text : invocation.arguments) {
        const ClientId id = find_client(clients, text);
        refuse_if_it_has_lineages(spool, id);
        drop_accounts_at_cas(spool, id);
        clients.remove(id);
        AgentRequests(spool).forget_client(id);
        out << "removed the client " << id.str() << "\n";
    }
    return 0;
}

Verb add_verb()
{
    Verb verb{
        .name = "client add",
        .synopsis = "ID [PATTERN...]",
        .least = 1,
        .most = Verb::any_number,
        .summary = "add a client of the gateway or the agent",
        .description =
            "Adds a client with the names that it may have certificates for. A pattern "
            "is a name, *.NAME for one label more, **.NAME for any number of labels "
            "more, an IP address or range; !PATTERN denies and wins; wildcard:PATTERN "
            "is for wildcard names. --ca names CAs that it may use besides the default one, "
            "--profile the certificate profiles that it may ask for instead of all; "
            "several are separated by commas.",
        .settings = {"ca", "profile"},
        .several = {"ca", "profile"},
        .actions = {{.name = "allow",
                     .kind = OptionKind::list,
                     .value_name = "PATTERN",
                     .help = "Names that the client may have; several are separated by commas."}},
        .examples = {{"A web server", "acmeproxy client add web1 "
                                      "--allow '**.web1.example.org' --quota 20/day"}},
        .man_page = "acmeproxy-client(1)",
        .run = add_client,
    };
    const std::vector<Option> rights = rights_actions();
    verb.actions.insert(verb.actions.end(), rights.begin(), rights.end());
    return verb;
}

Option drop_action(const std::string &help)
{
    return {.name = "drop", .kind = OptionKind::flag, .help = help};
}

std::vector<Verb> change_verbs()
{
    return {
        {.name = "client allow",
         .synopsis = "ID PATTERN...",
         .least = 2,
         .most = Verb::any_number,
         .summary = "let a client have names",
         .description = "Adds patterns to those of the client, from its next request on. The same "
                        "pattern is denied no longer; another one that denies still wins.",
         .actions = {drop_action("Take the patterns off the list instead.")},
         .examples = {{"One label below a domain",
                       "acmeproxy client allow web1 '*.apps.example.org'"}},
         .man_page = "acmeproxy-client(1)",
         .run = allow},
        {.name = "client deny",
         .synopsis = "ID PATTERN...",
         .least = 2,
         .most = Verb::any_number,
         .summary = "keep a client from names, whatever else allows them",
         .description = "Adds patterns that deny, from the client's next request on. They win over "
                        "all that allow.",
         .actions = {drop_action("Deny them no longer instead.")},
         .examples = {{"All but one", "acmeproxy client deny web1 vpn.intern.example.org"}},
         .man_page = "acmeproxy-client(1)",
         .run = deny},
        {.name = "client enable",
         .synopsis = "ID...",
         .least = 1,
         .most = Verb::any_number,
         .summary = "let a client in again",
         .description = "Ends what \"client disable\" did.",
         .examples = {{"After the repair", "acmeproxy client enable web1"}},
         .man_page = "acmeproxy-client(1)",
         .run = enable},
        {.name = "client disable",
         .synopsis = "ID...",
         .least = 1,
         .most = Verb::any_number,
         .summary = "refuse all that a client asks for",
         .description = "From its next request on; nothing of it is lost.",
         .examples = {{"A host that was broken into", "acmeproxy client disable web1"}},
         .man_page = "acmeproxy-client(1)",
         .run = disable},
        {.name = "client remove",
         .synopsis = "ID...",
         .least = 1,
         .most = Verb::any_number,
         .summary = "remove a client with its keys and accounts",
         .description = "Removes clients, their EAB keys, their accounts and counters. Refused "
                        "while there are lineages of theirs.",
         .examples = {{"A host that is gone", "acmeproxy client remove web1"}},
         .man_page = "acmeproxy-client(1)",
         .run = remove_client},
    };
}

}

std::vector<Verb> client_verbs()
{
    std::vector<Verb> verbs{add_verb()};
    for (const auto &part : {client_list_verbs(), std::vector<Verb>{client_set_verb()},
                             change_verbs(), client_eab_verbs(), client_token_verbs()})
        verbs.insert(verbs.end(), part.begin(), part.end());
    verbs.push_back(client_check_verb());
    return verbs;
}

}
