// SPDX-License-Identifier: MIT
// certbot's configuration folder: renewal/NAME.conf says what there is, live/NAME/ links to the
// newest files of archive/NAME/, accounts/HOST/PATH/ID/ has the accounts of each CA.
#include "base/error.h"
#include "base/text.h"
#include "import/found.h"
#include "import/settings_text.h"
#include "jose/private_jwk.h"

namespace acmeproxy {

namespace {

/// live/NAME/FILE.pem; where a copy of the folder has lost the links, the newest of archive/NAME/.
std::string file_of(const ImportFolder &folder, const std::string &name, const std::string &file)
{
    const std::string live = "live/" + name + "/" + file + ".pem";
    if (folder.exists(live))
        return live;
    const std::string archive = "archive/" + name + "/";
    int newest = 1;
    while (folder.exists(archive + file + std::to_string(newest + 1) + ".pem"))
        ++newest;
    const std::string archived = archive + file + std::to_string(newest) + ".pem";
    return folder.exists(archived) ? archived : live;
}

/// certbot's plugins for dns-01 are named so; by hand it may be either.
std::string dns_method(const std::string &authenticator, const std::string &challenges)
{
    const bool by_hand = authenticator == "manual" && challenges.find("dns") != challenges.npos &&
                         challenges.find("http") == challenges.npos;
    return authenticator.starts_with("dns-") || by_hand ? authenticator : "";
}

FoundLineage read_certbot_lineage(const ImportFolder &folder, const std::string &name)
{
    const auto text = folder.read("renewal/" + name + ".conf");
    auto settings = parse_settings_text(text.value_or(""));
    const auto param = [&](const char *key) {
        return settings["renewalparams." + std::string(key)];
    };
    FoundLineage lineage{
        .key = folder.read_key(file_of(folder, name, "privkey")),
        .chain = folder.read_chain(file_of(folder, name, "fullchain")),
    };
    lineage.name = name;
    lineage.directory = param("server");
    lineage.host = host_of_url(lineage.directory);
    lineage.account = param("account");
    lineage.reuse_key = to_lower(param("reuse_key")) == "true";
    lineage.preferred_chain = param("preferred_chain");
    lineage.profile = param("required_profile");
    if (lineage.profile.empty())
        lineage.profile = param("preferred_profile");
    lineage.dns_method = dns_method(param("authenticator"), param("pref_challs"));
    lineage.hook = param("renew_hook");
    return lineage;
}

FoundAccount read_certbot_account(const ImportFolder &folder, const std::string &path)
{
    const auto jwk = folder.read_json(path + "/private_key.json");
    if (!jwk)
        throw Error("there is no private_key.json");
    FoundAccount account{.key = private_key_from_jwk(*jwk)};
    const std::string below = path.substr(path.find('/') + 1);
    account.id = below.substr(below.rfind('/') + 1);
    account.directory = "https://" + below.substr(0, below.rfind('/'));
    account.host = host_of_url(account.directory);
    if (const auto registration = folder.read_json(path + "/regr.json")) {
        account.url = registration->string_or("uri", "");
        if (const Json *body = registration->find("body"))
            account.contact = body->strings_or_none("contact");
    }
    return account;
}

}

FoundTree read_certbot(const ImportFolder &folder)
{
    if (!folder.is_folder("renewal"))
        throw Error(folder.path() + " is no folder of certbot: there is no renewal/ in it (mostly "
                                    "it is /etc/letsencrypt)");
    FoundTree tree;
    for (const std::string &file : folder.list("renewal")) {
        if (!file.ends_with(".conf"))
            continue;
        const std::string name = file.substr(0, file.size() - 5);
        tree.add_lineage(name, [&] { return read_certbot_lineage(folder, name); });
    }
    for (const std::string &path : folder.find("accounts", "private_key.json")) {
        tree.add_account(path, [&] { return read_certbot_account(folder, path); });
    }
    return tree;
}

}
