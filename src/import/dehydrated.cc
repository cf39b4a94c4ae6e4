// SPDX-License-Identifier: MIT
// dehydrated's BASEDIR: certs/NAME/{privkey,fullchain}.pem link to files with time stamps;
// accounts/ID/, where ID is the CA's directory URL in base64url, has the accounts. Which CA a
// certificate is from stands nowhere but in the configuration, which may lie elsewhere.
#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "import/found.h"
#include "import/settings_text.h"

#include <map>

namespace acmeproxy {

namespace {

using Settings = std::map<std::string, std::string>;

/// The short names that dehydrated has for some CAs.
std::string directory_of(const std::string &ca)
{
    if (ca == "letsencrypt")
        return "https://acme-v02.api.letsencrypt.org/directory";
    if (ca == "letsencrypt-test")
        return "https://acme-staging-v02.api.letsencrypt.org/directory";
    return host_of_url(ca).empty() || ca.find('$') != ca.npos ? "" : ca;
}

FoundLineage read_dehydrated_lineage(const ImportFolder &folder, const std::string &name,
                                     Settings settings)
{
    const std::string base = "certs/" + name + "/";
    for (const auto &[key, value] : parse_settings_text(folder.read(base + "config").value_or("")))
        settings[key] = value;
    FoundLineage lineage{.key = folder.read_key(base + "privkey.pem"),
                         .chain = folder.read_chain(base + "fullchain.pem")};
    lineage.name = name;
    lineage.directory = directory_of(settings["CA"]);
    lineage.host = host_of_url(lineage.directory);
    lineage.reuse_key = settings["PRIVATE_KEY_RENEW"] == "no";
    lineage.preferred_chain = settings["PREFERRED_CHAIN"];
    lineage.profile = settings["ACME_PROFILE"];
    if (settings["CHALLENGETYPE"] == "dns-01")
        lineage.dns_method = "CHALLENGETYPE=dns-01";
    return lineage;
}

FoundAccount read_dehydrated_account(const ImportFolder &folder, const std::string &name)
{
    const std::string base = "accounts/" + name + "/";
    FoundAccount account{.key = folder.read_key(base + "account_key.pem")};
    account.id = name;
    std::string encoded = name;
    while (encoded.ends_with('='))
        encoded.pop_back();
    account.directory = trim(base64url_decode(encoded).value_or(""));
    account.host = host_of_url(account.directory);
    if (account.host.empty())
        throw Error("the folder's name is no URL in base64url");
    if (const auto json = folder.read_json(base + "registration_info.json"))
        account.contact = json->strings_or_none("contact");
    if (const auto json = folder.read_json(base + "account_id.json"))
        account.url = json->string_or("url", "");
    return account;
}

}

FoundTree read_dehydrated(const ImportFolder &folder)
{
    if (!folder.is_folder("certs"))
        throw Error(folder.path() + " is no folder of dehydrated: there is no certs/ in it (it is "
                                    "BASEDIR, mostly /var/lib/dehydrated)");
    FoundTree tree;
    for (const std::string &name : folder.list("accounts")) {
        tree.add_account(name, [&] { return read_dehydrated_account(folder, name); });
    }
    Settings settings = parse_settings_text(folder.read("config").value_or(""));
    if (settings["CA"].empty() && tree.accounts.size() == 1)
        settings["CA"] = tree.accounts.front().directory;
    for (const std::string &name : folder.list("certs")) {
        if (!folder.is_folder("certs/" + name))
            continue;
        tree.add_lineage(name, [&] { return read_dehydrated_lineage(folder, name, settings); });
    }
    return tree;
}

}
