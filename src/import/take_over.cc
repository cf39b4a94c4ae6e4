// SPDX-License-Identifier: MIT
#include "import/take_over.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time_text.h"
#include "import/settings_text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

using Kind = Outcome::Kind;

/// The other client's name for it if that can be one of ours, else the first identifier's.
LineageName name_for(const FoundLineage &found, const std::vector<Identifier> &identifiers)
{
    const std::string name = to_lower(found.name);
    try {
        if (name.find('@') == name.npos) // CLIENT@NAME is a client's
            return LineageName::parse(name);
    } catch (const Error &) {
    }
    return default_lineage_name(identifiers.front());
}

/// As in the certificate, but the one that the lineage is called after comes first.
std::vector<Identifier> identifiers_of(const FoundLineage &found)
{
    std::vector<Identifier> identifiers = found.chain.front().identifiers();
    const auto named =
        std::find_if(identifiers.begin(), identifiers.end(), [&](const Identifier &identifier) {
            return identifier.value() == to_lower(found.name);
        });
    if (named != identifiers.end())
        std::rotate(identifiers.begin(), named, named + 1);
    return identifiers;
}

/// Throws Error with the first reason why it cannot be kept fresh here.
void check_fitness(const FoundLineage &found, bool with_dns, Time now)
{
    const std::vector<Identifier> identifiers = found.chain.front().identifiers();
    if (identifiers.empty())
        throw Error("its certificate holds no DNS name and no IP address");
    check_chain(found.chain, found.key.public_key(), identifiers, now);
    for (const Identifier &identifier : identifiers) {
        if (identifier.is_wildcard())
            throw Error("it is for " + identifier.value() +
                        ": a CA proves wildcards by dns-01 only, and acmeproxy speaks http-01");
    }
    if (!found.dns_method.empty() && !with_dns)
        throw Error("its names were proved by dns-01 (" + printable(found.dns_method, 80) +
                    "), and acmeproxy speaks http-01 (where the CA can reach challenge.fcgi under "
                    "these names: --dns)");
}

LineageSpec spec_of(const FoundLineage &found, const CaName &ca, const std::string &hook)
{
    LineageSpec spec = spec_from_certificate(found.chain.front());
    spec.identifiers = identifiers_of(found);
    spec.ca = ca.str();
    spec.reuse_key = found.reuse_key;
    spec.preferred_chain = found.preferred_chain;
    spec.profile = found.profile;
    spec.hook = hook;
    return spec;
}

/// Whether a generation of the lineage is this very certificate.
bool holds(const Lineage &lineage, const Certificate &certificate)
{
    for (const Generation number : lineage.generations()) {
        const auto chain = lineage.chain(number);
        if (chain && chain->front().der() == certificate.der())
            return true;
    }
    return false;
}

/// "acme.example:14000" becomes "acme-example-14000".
std::string ca_name_of_host(const std::string &host)
{
    std::string name;
    for (const char c : host)
        name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    name = name.substr(0, 60);
    while (name.ends_with('-'))
        name.pop_back();
    while (name.starts_with('-'))
        name.erase(0, 1);
    return name.empty() ? "imported" : name;
}

}

void TakeOver::note(Kind kind, const std::string &name, const std::string &text)
{
    outcomes_.push_back({kind, name, text});
}

void TakeOver::load_cas()
{
    std::vector<CaName> names = built_in_cas();
    if (spool_) {
        for (const CaName &name : spool_->cas()) {
            if (std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
        }
    }
    for (const CaName &name : names) {
        std::string directory = built_in_directory(name);
        if (spool_) {
            const auto config = load_ca(*spool_, name);
            directory = config ? config->directory : "";
        }
        if (name.str() == options_.default_ca && !options_.directory_url.empty())
            directory = options_.directory_url;
        if (!directory.empty())
            cas_.push_back({name, directory});
    }
}

const TakeOver::Ca *TakeOver::known_ca(const std::string &directory, const std::string &host) const
{
    for (const Ca &ca : cas_) {
        if (directory.empty() ? !host.empty() && host_of_url(ca.directory) == host
                              : ca.directory == directory)
            return &ca;
    }
    return nullptr;
}

const TakeOver::Ca &TakeOver::add_ca(const std::string &directory)
{
    const std::string base = ca_name_of_host(host_of_url(directory));
    const auto taken = [&](const CaName &name) {
        return std::any_of(cas_.begin(), cas_.end(), [&](const Ca &ca) { return ca.name == name; });
    };
    CaName name = CaName::parse(base);
    for (int number = 2; taken(name); ++number)
        name = CaName::parse(base + "-" + std::to_string(number));
    if (run_ == Run::real) {
        CaConfig config;
        config.directory = directory;
        config.ca_certificates = options_.ca_certificates;
        save_ca(*spool_, name, config);
    }
    note(Kind::taken, "CA " + name.str(), directory);
    cas_.push_back({name, directory});
    return cas_.back();
}

const TakeOver::Ca &TakeOver::ca_of(const FoundLineage &lineage)
{
    if (options_.ca) {
        const auto given = std::find_if(cas_.begin(), cas_.end(),
                                        [&](const Ca &ca) { return ca.name == *options_.ca; });
        if (given == cas_.end())
            throw Error("there is no CA named \"" + options_.ca->str() + "\"");
        return *given;
    }
    if (const Ca *known = known_ca(lineage.directory, lineage.host))
        return *known;
    if (lineage.directory.empty())
        throw Error((lineage.host.empty() ? std::string("nothing says which CA it is from")
                                          : "it is from " + printable(lineage.host, 200) +
                                                ", and nothing says that CA's directory URL") +
                    " (name a CA with --ca, after \"acmeproxy ca add\" if need be)");
    if (host_of_url(lineage.directory).empty() ||
        lineage.directory != printable(lineage.directory) ||
        lineage.directory.find(' ') != lineage.directory.npos)
        throw Error("its CA's directory is no https URL: " + printable(lineage.directory, 200));
    return add_ca(lineage.directory);
}

void TakeOver::take_lineage(const FoundLineage &found)
{
    const std::string label = "certificate " + printable(found.name, 200);
    try {
        check_fitness(found, options_.with_dns, now_);
    } catch (const Error &e) {
        return note(Kind::skipped, label, describe(e));
    }
    const std::vector<Identifier> identifiers = identifiers_of(found);
    const LineageName name = name_for(found, identifiers);
    const bool exists = spool_ && Lineage(*spool_, name).exists();
    const bool here = exists && holds(Lineage(*spool_, name), found.chain.front());
    if (exists && !here)
        return note(Kind::skipped, label,
                    "there is a lineage " + name.str() +
                        " already, with other certificates (acmeproxy cert show " + name.str() +
                        ")");
    std::optional<CaName> ca;
    try {
        ca = here ? CaName::parse(Lineage(*spool_, name).spec().ca) : ca_of(found).name;
    } catch (const Error &e) {
        if (!here)
            return note(Kind::skipped, label, describe(e));
    }
    if (ca)
        used_.push_back(*ca);
    accounts_.push_back(found.account);
    if (here)
        return note(Kind::here, label, "as lineage " + name.str());
    const LineageSpec spec = spec_of(found, *ca, options_.hook);
    if (run_ == Run::real && !Lineage::create_live(*spool_, name, spec, found.key, found.chain))
        return note(Kind::skipped, label, "another process made a lineage " + name.str());
    const std::string hook = found.hook.empty() || !options_.hook.empty()
                                 ? ""
                                 : "; not taken over: its hook, " + printable(found.hook, 200);
    note(Kind::taken, label,
         "for " + to_text(identifiers) + "; expires " +
             format_rfc3339(found.chain.front().not_after()) + "; from the CA " + ca->str() + hook);
}

/// The account at `ca` that most lineages name; nullptr where there is none.
const FoundAccount *TakeOver::account_at(const Ca &ca, const FoundTree &tree) const
{
    const FoundAccount *best = nullptr;
    std::ptrdiff_t most = -1;
    for (const FoundAccount &account : tree.accounts) {
        const bool is_there = account.directory.empty() ? account.host == host_of_url(ca.directory)
                                                        : account.directory == ca.directory;
        const auto count = std::count(accounts_.begin(), accounts_.end(), account.id);
        if (is_there && count > most) {
            best = &account;
            most = count;
        }
    }
    return best;
}

void TakeOver::take_account(const Ca &ca, const FoundTree &tree)
{
    const std::string label = "account at " + ca.name.str();
    const FoundAccount *found = account_at(ca, tree);
    if (!found)
        return;
    const auto key =
        spool_ ? AccountFiles(*spool_, ca.name, ClientId::parse("default")).key() : std::nullopt;
    if (key && key->spki() == found->key.spki())
        return note(Kind::here, label, found->url.empty() ? found->id : found->url);
    if (key)
        return note(Kind::skipped, label,
                    "the spool has an account there already, which all renewals use");
    try {
        found->key.jws_alg();
    } catch (const Error &e) {
        return note(Kind::skipped, label, describe(e) + " (the first renewal makes an account)");
    }
    if (run_ == Run::real) {
        const AccountFiles files(*spool_, ca.name, ClientId::parse("default"));
        files.prepare();
        const Lock lock = files.lock();
        files.write_key(found->key);
        if (!found->url.empty())
            files.write_record({found->url, ca.directory, found->contact});
    }
    note(Kind::taken, label, found->url.empty() ? found->id : found->url);
}

bool TakeOver::is_asked_for(const std::string &name) const
{
    return options_.names.empty() ||
           std::find(options_.names.begin(), options_.names.end(), name) != options_.names.end();
}

std::vector<Outcome> TakeOver::all_of(const FoundTree &tree)
{
    load_cas();
    for (const Unreadable &item : tree.unreadable) {
        if (options_.names.empty() || item.name.starts_with("account ") ||
            is_asked_for(item.name.substr(item.name.find(' ') + 1)))
            note(Kind::skipped, printable(item.name, 300), item.why);
    }
    for (const FoundLineage &lineage : tree.lineages) {
        if (is_asked_for(lineage.name))
            take_lineage(lineage);
    }
    std::sort(used_.begin(), used_.end());
    used_.erase(std::unique(used_.begin(), used_.end()), used_.end());
    const std::vector<Ca> cas = cas_;
    for (const Ca &ca : cas) {
        if (std::binary_search(used_.begin(), used_.end(), ca.name))
            take_account(ca, tree);
    }
    for (const std::string &name : options_.names) {
        const auto is_it = [&](const auto &item) {
            return item.name == name || item.name == "certificate " + name;
        };
        if (std::none_of(tree.lineages.begin(), tree.lineages.end(), is_it) &&
            std::none_of(tree.unreadable.begin(), tree.unreadable.end(), is_it))
            note(Kind::skipped, "certificate " + printable(name, 200), "the folder has none");
    }
    return outcomes_;
}

}
