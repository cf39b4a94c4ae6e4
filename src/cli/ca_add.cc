// SPDX-License-Identifier: MIT
// acmeproxy ca add: a name for an ACME directory URL, with trust and external account binding.
#include "acme/session.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/eab_options.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "renew/ca_context.h"
#include "spool/ca_store.h"

namespace acmeproxy {

namespace {

CaConfig config_from(const Invocation &invocation)
{
    CaConfig config;
    config.directory = invocation.arguments[1];
    try {
        is_https_url(config.directory);
    } catch (const Error &e) {
        throw UsageError(std::string("the directory URL ") + e.what(),
                         "see \"acmeproxy help ca add\"");
    }
    if (invocation.given("ca-certificates"))
        config.ca_certificates = http_options(invocation).ca_certificates;
    if (invocation.given("contact"))
        config.contact = contact_urls(invocation.list("contact"));
    if (invocation.given("profile"))
        config.profile = invocation.text("profile");
    apply_eab(config, invocation);
    return config;
}

Directory fetch_directory(const Invocation &invocation, const CaConfig &config)
{
    const HttpOptions http = http_options(invocation);
    const HttpTrust trust(http);
    HttpClient client(trust, http);
    AcmeService service(config.directory);
    AcmeSession session(client, service, system_clock());
    return session.directory();
}

/// Asks the CA, so that a wrong URL or a missing EAB key shows now and not at the first order.
void meet(const Invocation &invocation, const std::string &name, const CaConfig &config,
          std::ostream &out)
{
    Directory directory;
    try {
        directory = fetch_directory(invocation, config);
    } catch (...) {
        rethrow_while("add the CA " + name + " (to add it without asking it: --later)");
    }
    if (directory.external_account_required && config.eab_kid.empty())
        throw UsageError("the CA " + name + " requires an external account binding",
                         "get a key id and key from it, then give --eab-kid and --eab-key-file");
    if (!directory.terms_of_service.empty())
        out << "you agree to the terms of service at " << printable(directory.terms_of_service)
            << " by using this CA\n";
}

/// Our account there, at once: the gateway of this spool makes none by itself.
void register_account_at(const Invocation &invocation, const Spool &spool, const CaName &name)
try {
    const RenewOptions options = renew_options(invocation);
    CaContext ca(spool, name, options, system_clock());
    Connections connections;
    AcmeSession session(connections.to(ca), ca.service(), system_clock());
    ca.account(session);
} catch (...) {
    rethrow_while("the CA " + name.str() +
                  " was added, but made us no account (once that is mended: acmeproxy ca add "
                  "--replace, or wait for the first renewal)");
}

int add_ca(const Invocation &invocation, std::ostream &out)
{
    const CaName name =
        from_command_line([&] { return CaName::parse(invocation.arguments[0]); }, "ca add");
    const CaConfig config = config_from(invocation);
    const Spool spool = open_or_make_spool(invocation);
    if (spool.exists(SpoolNames::ca(name, CaFile::ca)) && !invocation.flag("replace"))
        throw Error("there is a CA named " + name.str() + " already (change it: --replace)");
    if (!invocation.flag("later"))
        meet(invocation, name.str(), config, out);
    save_ca(spool, name, config);
    out << "added the CA " << name.str() << " (" << config.directory << ")\n";
    if (!invocation.flag("later"))
        register_account_at(invocation, spool, name);
    return 0;
}

}

Verb ca_add_verb()
{
    std::vector<std::string> settings = network_settings();
    settings.insert(settings.end(), {"contact", "profile"});
    return {
        .name = "ca add",
        .synopsis = "NAME URL",
        .least = 2,
        .most = 2,
        .summary = "add a certificate authority by its ACME directory URL",
        .description =
            "Adds a CA under a name that --ca and the setting ca can then use. The "
            "CA's directory is fetched, the URL of its terms of service printed (you "
            "agree to them by using the CA), and an account made. --ca-certificates, --contact and "
            "--profile, given here, are kept for this CA.",
        .settings = settings,
        .actions = {eab_kid_action(),
                    eab_key_file_action(),
                    eab_alg_action(),
                    {.name = "replace",
                     .kind = OptionKind::flag,
                     .help = "Change a CA that was added before."},
                    {.name = "later",
                     .kind = OptionKind::flag,
                     .help = "Do not ask the CA now; the account is made at the first renewal."}},
        .examples = {{"A private CA with its own root",
                      "acmeproxy ca add lab https://ca.example/dir "
                      "--ca-certificates lab.pem"}},
        .man_page = "acmeproxy-ca(1)",
        .run = add_ca,
    };
}

}
