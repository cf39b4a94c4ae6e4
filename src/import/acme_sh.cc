// SPDX-License-Identifier: MIT
// acme.sh's home: NAME/ (RSA) and NAME_ecc/ with NAME.key, fullchain.cer and NAME.conf; accounts in
// ca/HOST/PATH/, formerly ca/HOST/, where HOST is without its port.
#include "base/error.h"
#include "base/text.h"
#include "import/found.h"
#include "import/settings_text.h"

#include <map>

namespace acmeproxy {

namespace {

constexpr std::string_view ecc = "_ecc";

/// How the names are proved: a comma-separated list of folders for http-01, and words.
std::string dns_method(const std::string &webroots)
{
    for (const std::string &word : split(webroots, ',')) {
        if (word == "dns" || word.starts_with("dns_"))
            return word;
    }
    return "";
}

FoundLineage read_acme_sh_lineage(const ImportFolder &folder, const std::string &place,
                                  const std::string &domain)
{
    const std::string base = place + "/" + domain;
    auto settings = parse_settings_text(folder.read(base + ".conf").value_or(""));
    FoundLineage lineage{.key = folder.read_key(base + ".key"),
                         .chain = folder.read_chain(folder.exists(place + "/fullchain.cer")
                                                        ? place + "/fullchain.cer"
                                                        : base + ".cer")};
    // One domain may have a certificate of each kind.
    lineage.name =
        place != domain && folder.exists(domain + "/" + domain + ".key") ? place : domain;
    lineage.directory = unwrap_acme_sh(settings["Le_API"]);
    lineage.host = host_of_url(lineage.directory);
    lineage.reuse_key = settings["Le_ForceNewDomainKey"] != "1";
    lineage.preferred_chain = unwrap_acme_sh(settings["Le_Preferred_Chain"]);
    lineage.dns_method = dns_method(unwrap_acme_sh(settings["Le_Webroot"]));
    lineage.hook = unwrap_acme_sh(settings["Le_ReloadCmd"]);
    return lineage;
}

/// Below ca/, the folder of a CA with this directory: without scheme and port.
std::string account_place(const std::string &directory)
{
    std::string host = host_of_url(directory);
    host.resize(std::min(host.find(':'), host.size()));
    const std::size_t path = directory.find('/', sizeof "https://" - 1);
    return host + (path == directory.npos ? "" : directory.substr(path));
}

FoundAccount read_acme_sh_account(const ImportFolder &folder, const std::string &path,
                                  const std::map<std::string, std::string> &directories)
{
    FoundAccount account{.key = folder.read_key(path + "/account.key")};
    account.id = path;
    const std::string place = path.substr(path.find('/') + 1);
    const auto known = directories.find(place);
    // The older form has the host alone.
    if (known != directories.end())
        account.directory = known->second;
    else if (place.find('/') != place.npos)
        account.directory = "https://" + place;
    account.host = host_of_url(account.directory.empty() ? "https://" + place : account.directory);
    auto settings = parse_settings_text(folder.read(path + "/ca.conf").value_or(""));
    account.url = unwrap_acme_sh(settings["ACCOUNT_URL"]);
    if (const std::string address = unwrap_acme_sh(settings["CA_EMAIL"]); !address.empty())
        account.contact.push_back("mailto:" + address);
    return account;
}

}

FoundTree read_acme_sh(const ImportFolder &folder)
{
    FoundTree tree;
    bool is_home = folder.is_folder("ca") || folder.exists("account.conf");
    std::map<std::string, std::string> directories;
    for (const std::string &place : folder.list("")) {
        const std::string domain =
            place.ends_with(ecc) ? place.substr(0, place.size() - ecc.size()) : place;
        if (!folder.exists(place + "/" + domain + ".conf"))
            continue;
        is_home = true;
        tree.add_lineage(place, [&] { return read_acme_sh_lineage(folder, place, domain); });
    }
    for (const FoundLineage &lineage : tree.lineages)
        directories.emplace(account_place(lineage.directory), lineage.directory);
    if (!is_home)
        throw Error(folder.path() +
                    " is no home of acme.sh: there is neither ca/ nor NAME/NAME.conf "
                    "in it (mostly it is ~/.acme.sh)");
    for (const std::string &path : folder.find("ca", "account.key")) {
        tree.add_account(path, [&] { return read_acme_sh_account(folder, path, directories); });
    }
    return tree;
}

}
