// SPDX-License-Identifier: MIT
// lego's folder: certificates/NAME.{crt,key,json}, with the issuers in NAME.crt or beside it, and
// accounts/HOST/EMAIL/. No file names the CA's directory, only URLs on its host do.
#include "base/error.h"
#include "import/found.h"
#include "import/settings_text.h"

namespace acmeproxy {

namespace {

FoundLineage read_lego_lineage(const ImportFolder &folder, const std::string &name)
{
    const std::string base = "certificates/" + name;
    if (folder.exists(base + ".crt") && !folder.exists(base + ".key"))
        throw Error("there is no " + folder.path_of(base + ".key"));
    FoundLineage lineage{.key = folder.read_key(base + ".key"),
                         .chain = folder.read_chain(base + ".crt")};
    lineage.name = name;
    if (lineage.chain.size() == 1 && folder.exists(base + ".issuer.crt")) {
        for (Certificate &issuer : folder.read_chain(base + ".issuer.crt"))
            lineage.chain.push_back(std::move(issuer));
    }
    if (const auto json = folder.read_json(base + ".json"))
        lineage.host = host_of_url(json->string_or("certUrl", ""));
    return lineage;
}

/// "localhost_14000", since a colon is no character for a file's name everywhere.
std::string host_of_folder(std::string name)
{
    const std::size_t at = name.rfind('_');
    if (at != name.npos)
        name[at] = ':';
    return host_of_url("https://" + name);
}

FoundAccount read_lego_account(const ImportFolder &folder, const std::string &host,
                               const std::string &email)
{
    const std::string base = "accounts/" + host + "/" + email;
    FoundAccount account{.key = folder.read_key(base + "/keys/" + email + ".key")};
    account.id = base;
    account.host = host_of_folder(host);
    const auto json = folder.read_json(base + "/account.json");
    if (!json)
        return account;
    if (const std::string address = json->string_or("email", ""); !address.empty())
        account.contact.push_back("mailto:" + address);
    if (const Json *registration = json->find("registration"))
        account.url = registration->string_or("uri", "");
    return account;
}

}

FoundTree read_lego(const ImportFolder &folder)
{
    if (!folder.is_folder("certificates"))
        throw Error(folder.path() + " is no folder of lego: there is no certificates/ in it (it "
                                    "is what lego's --path says, mostly .lego)");
    FoundTree tree;
    for (const std::string &file : folder.list("certificates")) {
        if (!file.ends_with(".crt") || file.ends_with(".issuer.crt"))
            continue;
        const std::string name = file.substr(0, file.size() - 4);
        tree.add_lineage(name, [&] { return read_lego_lineage(folder, name); });
    }
    for (const std::string &host : folder.list("accounts")) {
        for (const std::string &email : folder.list("accounts/" + host)) {
            tree.add_account(host + "/" + email,
                             [&] { return read_lego_account(folder, host, email); });
        }
    }
    return tree;
}

}
