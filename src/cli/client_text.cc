// SPDX-License-Identifier: MIT
#include "cli/client_text.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/nearest.h"

namespace acmeproxy {

ClientId find_client(const ClientStore &clients, const std::string &text)
{
    std::vector<std::string> names;
    for (const ClientId &id : clients.clients()) {
        if (id.str() == text)
            return id;
        names.push_back(id.str());
    }
    throw Error("there is no client \"" + printable(text, 100) + "\"" +
                did_you_mean(to_lower(text), names));
}

std::vector<std::string> split_commas(const std::vector<std::string> &texts)
{
    std::vector<std::string> parts;
    for (const std::string &text : texts) {
        for (const std::string &part : split(text, ',')) {
            if (!trim(part).empty())
                parts.emplace_back(trim(part));
        }
    }
    return parts;
}

void change_policy(const Spool &spool, const ClientId &client,
                   const std::function<void(ClientPolicy &)> &change)
{
    const SpoolPath file = ClientNames::client(client, ClientFile::lock);
    const auto lock = spool.lock(file, std::chrono::seconds(10));
    if (!lock)
        throw Error("change the client " + client.str() + ": " + spool.path_of(file) +
                    " is held by another process (try again)");
    const ClientStore clients(spool);
    ClientPolicy policy = clients.load_policy(client);
    change(policy);
    clients.save_policy(client, policy);
}

std::vector<std::string> pattern_texts(const std::vector<NamePattern> &patterns)
{
    std::vector<std::string> texts;
    for (const NamePattern &pattern : patterns)
        texts.push_back(pattern.text());
    return texts;
}

}
