// SPDX-License-Identifier: MIT
// acmeproxy ca add: a name for an ACME directory URL, with trust and external account binding.
#include "acme/session.h"
#include "base/encoding.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "renew/ca_context.h"
#include "spool/ca_store.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// CAs hand the key out as base64url, some with padding, some in the other alphabet.
Secret read_eab_key(const std::string &file)
{
    std::string text = read_named_file(file);
    std::string plain(trim(text));
    wipe(text);
    while (plain.ends_with('='))
        plain.pop_back();
    std::replace(plain.begin(), plain.end(), '+', '-');
    std::replace(plain.begin(), plain.end(), '/', '_');
    auto bytes = base64url_decode(plain);
    wipe(plain);
    if (!bytes || bytes->empty())
        throw UsageError("read the EAB key " + file + ": it is not base64url",
                         "the file holds the key as the CA gave it, on one line");
    Secret key(*bytes);
    wipe(*bytes);
    return key;
}

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
    config.eab_kid = invocation.text("eab-kid");
    const std::string key_file = invocation.text("eab-key-file");
    if (config.eab_kid.empty() != key_file.empty())
        throw UsageError("--eab-kid and --eab-key-file belong together",
                         "see \"acmeproxy help ca add\"");
    if (!key_file.empty())
        config.eab_key = read_eab_key(key_file);
    config.eab_alg = invocation.text("eab-alg");
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
    const CaName name = CaName::parse(invocation.arguments[0]);
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
        .actions = {{.name = "eab-kid",
                     .value_name = "ID",
                     .help = "The key id of the external account binding that the CA gave you."},
                    {.name = "eab-key-file",
                     .value_name = "FILE",
                     .help = "A file that holds the key of the external account binding, in "
                             "base64url."},
                    {.name = "eab-alg",
                     .value_name = "ALG",
                     .fallback = "HS256",
                     .help = "How that key signs: HS256, HS384 or HS512.",
                     .check = is_one_of({"HS256", "HS384", "HS512"})},
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
