// SPDX-License-Identifier: MIT
// acmeproxy ca list | show | remove: the certificate authorities that lineages may name.
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "cli/context.h"
#include "cli/table.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "spool/ca_store.h"

#include <algorithm>
#include <set>

namespace acmeproxy {

namespace {

/// The built-in ones and those in the spool.
std::set<CaName> all_cas(const Spool &spool)
{
    std::set<CaName> names;
    for (const CaName &name : built_in_cas())
        names.insert(name);
    for (const CaName &name : spool.cas()) {
        if (spool.exists(SpoolNames::ca(name, CaFile::ca)))
            names.insert(name);
    }
    return names;
}

struct CaReport {
    std::string name, directory, origin, pause, error;
    bool is_default = false;
    std::optional<CaConfig> config;
    std::optional<AccountRecord> account;
};

CaReport report_on_ca(const Invocation &invocation, const Spool &spool, const CaName &name)
{
    CaReport report;
    report.name = name.str();
    report.is_default = report.name == invocation.text("ca");
    const bool has_file = spool.exists(SpoolNames::ca(name, CaFile::ca));
    report.origin = has_file ? "added" : "built in";
    try {
        report.config = load_ca(spool, name);
        if (report.config)
            report.directory = report.config->directory;
    } catch (...) {
        report.error = describe_current();
    }
    if (report.is_default && !invocation.text("acme-directory-url").empty()) {
        report.directory = invocation.text("acme-directory-url");
        report.origin = "acme-directory-url";
    }
    if (const auto pause = load_pause(spool, name, system_clock().now()))
        report.pause = format_rfc3339(pause->until) + " (" + pause->why + ")";
    report.account = AccountFiles(spool, name, ClientId::parse("default")).record();
    return report;
}

Json to_json(const CaReport &report)
{
    Json json = Json::object();
    json.set("name", report.name)
        .set("directory", report.directory)
        .set("origin", report.origin)
        .set("default", report.is_default)
        .set("paused", report.pause);
    if (report.config) {
        json.set("ca_certificates", Json::strings(report.config->ca_certificates))
            .set("contact", Json::strings(report.config->contact))
            .set("profile", report.config->profile)
            .set("eab_kid", report.config->eab_kid);
    }
    if (report.account)
        json.set("account", report.account->url);
    if (!report.error.empty())
        json.set("error", report.error);
    return json;
}

int list_cas(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    Json list = Json::array();
    TextTable table({"NAME", "DEFAULT", "ORIGIN", "DIRECTORY"});
    bool sound = true;
    for (const CaName &name : all_cas(spool)) {
        const CaReport report = report_on_ca(invocation, spool, name);
        list.push(to_json(report));
        table.add({report.name, report.is_default ? "yes" : "", report.origin, report.directory});
        if (!report.error.empty())
            log_error(report.error);
        sound = sound && report.error.empty();
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : table.to_text());
    return sound ? 0 : 1;
}

int show_ca(const Invocation &invocation, std::ostream &out)
{
    const CaName name =
        from_command_line([&] { return CaName::parse(invocation.arguments[0]); }, "ca show");
    const Spool spool = open_spool(invocation);
    const CaReport report = report_on_ca(invocation, spool, name);
    if (!report.error.empty())
        throw Error(report.error);
    if (report.directory.empty())
        throw Error("there is no CA named " + name.str() + " (see them: acmeproxy ca list)");
    FieldList fields;
    fields.add("name", report.name);
    fields.add("default", report.is_default ? "yes" : "no");
    fields.add("origin", report.origin);
    fields.add("directory", report.directory);
    if (report.config) {
        fields.add("trusted files", join(report.config->ca_certificates, "\n"));
        fields.add("contact", join(report.config->contact, "\n"));
        fields.add("profile", report.config->profile);
        fields.add("EAB key id", report.config->eab_kid);
    }
    fields.add("account", report.account ? report.account->url : "none yet");
    fields.add("paused until", report.pause);
    out << (invocation.flag("json") ? to_json(report).to_pretty_text() : fields.to_text());
    return 0;
}

/// An agent's server has an entry, too, with an identity in it.
std::string called(const Spool &spool, const CaName &name)
{
    const bool is_agent = spool.exists(SpoolNames::ca(name, CaFile::identity));
    return (is_agent ? "the agent " : "the CA ") + name.str();
}

/// `default_ca` is what lineages follow that name none.
void refuse_if_used(const Spool &spool, const CaName &name, const std::string &default_ca)
{
    std::vector<std::string> users;
    for (const LineageName &lineage : spool.lineages()) {
        try {
            const LineageSpec spec = Lineage(spool, lineage).spec();
            const bool from_agent = spec.source == "agent";
            const std::string &ca = spec.ca.empty() ? default_ca : spec.ca;
            if (from_agent ? find_server(spool, spec.server) == name : ca == name.str())
                users.push_back(lineage.str());
        } catch (const Error &) {
            // damaged: other verbs tell of it
        }
    }
    if (!users.empty())
        throw Error("remove " + called(spool, name) + ": lineages use it: " + join(users, ", ") +
                    " (first: acmeproxy cert remove, or cert set --ca" +
                    (name.str() == default_ca ? ", or another CA as the setting ca)" : ")"));
}

/// The default one, or one of a client's own.
bool has_account(const Spool &spool, const CaName &name)
{
    const auto owners = spool.dir().list(SpoolNames::ca(name, CaFile::accounts).str());
    return std::any_of(owners.begin(), owners.end(), [&](const std::string &owner) {
        return AccountFiles(spool, name, ClientId::parse(owner)).record().has_value();
    });
}

int remove_ca(const Invocation &invocation, std::ostream &out)
{
    const CaName name =
        from_command_line([&] { return CaName::parse(invocation.arguments[0]); }, "ca remove");
    const Spool spool = open_spool(invocation);
    if (!spool.exists(SpoolNames::ca(name)))
        throw Error(
            "remove the CA " + name.str() + ": " +
            (built_in_directory(name).empty() ? "there is none of that name" : "it is built in"));
    refuse_if_used(spool, name, invocation.configured("ca"));
    if (has_account(spool, name) && !invocation.flag("force"))
        throw Error("remove " + called(spool, name) +
                    ": its account key would be lost (first: "
                    "acmeproxy account deactivate --ca " +
                    name.str() + "; or: --force)");
    const std::string what = called(spool, name);
    spool.remove_tree(SpoolNames::ca(name));
    out << "removed " << what << "\n";
    return 0;
}

}

std::vector<Verb> ca_verbs()
{
    const std::vector<std::string> which{"ca", "acme-directory-url"};
    return {
        ca_add_verb(),
        {.name = "ca list",
         .summary = "list the certificate authorities",
         .description = "Lists the CAs that are built in and those that were added.",
         .settings = which,
         .actions = {json_action()},
         .examples = {{"All CAs, for a program", "acmeproxy ca list --json"}},
         .man_page = "acmeproxy-ca(1)",
         .run = list_cas},
        {.name = "ca show",
         .synopsis = "NAME",
         .least = 1,
         .most = 1,
         .summary = "show a certificate authority and our account there",
         .description = "Shows all that is known of a CA, without asking it.",
         .settings = which,
         .actions = {json_action()},
         .examples = {{"What is known of the default CA", "acmeproxy ca show letsencrypt"}},
         .man_page = "acmeproxy-ca(1)",
         .run = show_ca},
        {.name = "ca remove",
         .synopsis = "NAME",
         .least = 1,
         .most = 1,
         .summary = "remove a certificate authority",
         .description = "Removes a CA that was added, with the keys of our accounts there. Refused "
                        "while a lineage names it or follows it as the default one, and, without "
                        "--force, while there is an account.",
         .actions = {{.name = "force",
                      .kind = OptionKind::flag,
                      .help = "Do it although it loses something."}},
         .examples = {{"Forget a CA", "acmeproxy ca remove lab"}},
         .man_page = "acmeproxy-ca(1)",
         .run = remove_ca},
    };
}

}
