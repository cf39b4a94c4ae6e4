// SPDX-License-Identifier: MIT
// The entries of agents' servers among the CAs: by their URLs, and with an age identity.
#include "spool/ca_store.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time_text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t longest_label = 50; ///< with room for a number behind it

/// "proxy-example-8443" of "https://proxy.example:8443/agent/".
std::string label_of(const std::string &server)
{
    std::string label = to_lower(server.substr(std::string_view("https://").size()));
    label = label.substr(0, std::min(label.find('/'), longest_label));
    for (char &c : label) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            c = '-';
    }
    const std::size_t begin = label.find_first_not_of('-');
    if (begin == std::string::npos)
        return "agent";
    return label.substr(begin, label.find_last_not_of('-') + 1 - begin);
}

}

std::string agent_directory(const std::string &server)
{
    return server + "directory";
}

std::optional<CaName> find_server(const Spool &spool, const std::string &server)
{
    for (const CaName &name : spool.cas()) {
        try {
            const auto config = load_ca(spool, name);
            if (config && config->directory == agent_directory(server))
                return name;
        } catch (const Error &) {
            // Damaged: other verbs tell of it.
        }
    }
    return std::nullopt;
}

CaName name_for_server(const Spool &spool, const std::string &server)
{
    const std::string label = label_of(server);
    for (int number = 1;; ++number) {
        const CaName name =
            CaName::parse(number == 1 ? label : label + "-" + std::to_string(number));
        if (!spool.exists(SpoolNames::ca(name)) && built_in_directory(name).empty())
            return name;
    }
}

std::vector<AgeIdentity> load_identities(const Spool &spool, const CaName &ca)
{
    const SpoolPath path = SpoolNames::ca(ca, CaFile::identity);
    const auto text = spool.read_secret(path);
    if (!text)
        return {};
    try {
        return parse_age_identities(text->view());
    } catch (...) {
        rethrow_while("read the age identity " + spool.path_of(path) +
                      " (put it back from a backup; removing it makes a new one, and new keys)");
    }
}

std::vector<AgeIdentity> ensure_identities(const Spool &spool, const CaName &ca, Time now)
{
    const Lock lock = AccountFiles(spool, ca, ClientId::parse("default")).lock();
    std::vector<AgeIdentity> identities = load_identities(spool, ca);
    if (!identities.empty())
        return identities;
    AgeIdentity identity = AgeIdentity::generate();
    const std::string head = "# created: " + format_rfc3339(now) +
                             "\n# public key: " + identity.recipient().text() + "\n";
    const Secret key = identity.text();
    Secret text = Secret::of_size(head.size() + key.size() + 1);
    std::copy(head.begin(), head.end(), text.data());
    std::copy(key.view().begin(), key.view().end(), text.data() + head.size());
    text.data()[text.size() - 1] = '\n';
    spool.write(SpoolNames::ca(ca, CaFile::identity), text.view());
    identities.push_back(std::move(identity));
    return identities;
}

}
