// SPDX-License-Identifier: MIT
#include "spool/ca_store.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/time_text.h"

namespace acmeproxy {

namespace {

struct BuiltIn {
    const char *name;
    const char *directory;
};
constexpr BuiltIn built_in[] = {
    {"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"},
    {"letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"},
};

CaConfig parse_ca(const Json &json)
{
    CaConfig config;
    config.directory = json.string_at("directory");
    config.ca_certificates = json.strings_or_none("ca_certificates");
    config.contact = json.strings_or_none("contact");
    config.profile = json.string_or("profile", "");
    if (const Json *eab = json.find("external_account")) {
        config.eab_kid = eab->string_at("kid");
        config.eab_alg = eab->string_or("alg", "HS256");
        auto key = base64url_decode(eab->string_at("key"));
        if (!key)
            throw JsonError("member \"key\" of \"external_account\" is not base64url");
        config.eab_key = Secret(*key);
        wipe(*key);
    }
    return config;
}

}

std::string built_in_directory(const CaName &ca)
{
    for (const BuiltIn &known : built_in) {
        if (ca.str() == known.name)
            return known.directory;
    }
    return {};
}

std::vector<CaName> built_in_cas()
{
    std::vector<CaName> names;
    for (const BuiltIn &known : built_in)
        names.push_back(CaName::parse(known.name));
    return names;
}

std::optional<CaConfig> load_ca(const Spool &spool, const CaName &ca)
{
    const SpoolPath path = SpoolNames::ca(ca, CaFile::ca);
    const auto json = spool.read_json(path);
    if (!json) {
        CaConfig config;
        config.directory = built_in_directory(ca);
        return config.directory.empty() ? std::nullopt : std::optional(std::move(config));
    }
    try {
        return parse_ca(*json);
    } catch (...) {
        rethrow_while("read " + spool.path_of(path));
    }
}

void save_ca(const Spool &spool, const CaName &ca, const CaConfig &config)
{
    Json json = Json::object();
    json.set("directory", config.directory);
    if (!config.ca_certificates.empty())
        json.set("ca_certificates", Json::strings(config.ca_certificates));
    if (!config.contact.empty())
        json.set("contact", Json::strings(config.contact));
    if (!config.profile.empty())
        json.set("profile", config.profile);
    if (!config.eab_kid.empty())
        json.set("external_account", Json::object()
                                         .set("kid", config.eab_kid)
                                         .set("alg", config.eab_alg)
                                         .set("key", base64url_encode(config.eab_key.view())));
    spool.make_folder(SpoolNames::ca(ca));
    spool.write_json(SpoolNames::ca(ca, CaFile::ca), json);
}

std::optional<Pause> load_pause(const Spool &spool, const CaName &ca, Time now)
{
    const auto text = spool.read(SpoolNames::ca(ca, CaFile::pause));
    if (!text)
        return std::nullopt;
    const std::size_t space = text->find(' ');
    const auto until = parse_rfc3339(text->substr(0, space));
    // None is longer than a day: one that ends later is of a clock that was wrong.
    if (!until || *until <= now || *until > now + std::chrono::hours(48))
        return std::nullopt;
    std::string why = space == std::string::npos ? "" : text->substr(space + 1);
    while (why.ends_with('\n'))
        why.pop_back();
    return Pause{*until, why};
}

void save_pause(const Spool &spool, const CaName &ca, const Pause &pause, Time now)
{
    const auto current = load_pause(spool, ca, now);
    if (current && current->until >= pause.until)
        return;
    spool.make_folder(SpoolNames::ca(ca));
    spool.write(SpoolNames::ca(ca, CaFile::pause),
                format_rfc3339(pause.until) + " " + pause.why + "\n");
}

AccountRecord parse_account_record(const Json &json)
{
    return {json.string_at("url"), json.string_at("directory"), json.strings_or_none("contact")};
}

AccountFiles::AccountFiles(const Spool &spool, CaName ca, ClientId owner)
    : spool_(spool), ca_(std::move(ca)), owner_(std::move(owner))
{
}

Lock AccountFiles::lock() const
{
    // Whoever has it may be talking to the CA.
    return spool_.hold(SpoolNames::ca(ca_, CaFile::lock), std::chrono::minutes(1));
}

void AccountFiles::prepare() const
{
    spool_.make_folder(SpoolNames::ca(ca_));
    spool_.make_folder(SpoolNames::ca(ca_, CaFile::accounts));
    spool_.make_folder(SpoolNames::account(ca_, owner_));
}

std::optional<PrivateKey> AccountFiles::read_key(AccountFile file) const
{
    const SpoolPath path = path_to(file);
    const auto pem = spool_.read_secret(path);
    if (!pem)
        return std::nullopt;
    try {
        return PrivateKey::from_pem(pem->view());
    } catch (...) {
        rethrow_while("read account key " + spool_.path_of(path) +
                      " (put it back from a backup; removing it makes a new account)");
    }
}

std::optional<PrivateKey> AccountFiles::key() const
{
    return read_key(AccountFile::key);
}

void AccountFiles::write_key(const PrivateKey &key) const
{
    spool_.write(path_to(AccountFile::key), key.to_pem().view());
}

std::optional<PrivateKey> AccountFiles::next_key() const
{
    return read_key(AccountFile::next);
}

void AccountFiles::write_next_key(const PrivateKey &key) const
{
    spool_.write(path_to(AccountFile::next), key.to_pem().view());
}

void AccountFiles::promote_next_key() const
{
    spool_.dir().rename(path_to(AccountFile::next).str(), path_to(AccountFile::key).str());
    spool_.dir().sync(SpoolNames::account(ca_, owner_).str());
}

void AccountFiles::drop_next_key() const
{
    spool_.remove(path_to(AccountFile::next));
}

std::optional<AccountRecord> AccountFiles::record() const
{
    try {
        const auto json = spool_.read_json(path_to(AccountFile::account));
        if (!json)
            return std::nullopt;
        return parse_account_record(*json);
    } catch (const Error &) {
        return std::nullopt; // a cache: the CA finds the account by its key
    }
}

void AccountFiles::write_record(const AccountRecord &record) const
{
    spool_.write_json(path_to(AccountFile::account),
                      Json::object()
                          .set("url", record.url)
                          .set("directory", record.directory)
                          .set("contact", Json::strings(record.contact)));
}

void AccountFiles::drop_record() const
{
    spool_.remove(path_to(AccountFile::account));
}

void AccountFiles::remove() const
{
    spool_.remove_tree(SpoolNames::account(ca_, owner_));
}

}
