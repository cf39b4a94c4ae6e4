// SPDX-License-Identifier: MIT
#include "spool/lineage.h"

#include "base/error.h"
#include "spool/readable.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// nullptr for a file that is missing or damaged.
template <class T, class Parse>
std::shared_ptr<const T> parsed(const Spool &spool, const SpoolPath &path, ParsedFiles<T> &files,
                                Parse parse)
{
    return readable([&]() -> std::shared_ptr<const T> {
        const auto st = spool.dir().status(path.str());
        return st ? files.get(path.str(), *st, parse) : nullptr;
    });
}

}

bool Lineage::exists() const
{
    return spool_.exists(SpoolNames::lineage(name_));
}

std::optional<Lock> Lineage::lock(std::chrono::milliseconds wait) const
{
    return spool_.lock(path_to(LineageFile::lock), wait);
}

LineageSpec Lineage::spec() const
{
    const auto json = spool_.read_json(path_to(LineageFile::cert));
    if (!json)
        throw Error("read " + path(LineageFile::cert) + ": there is no such file");
    try {
        return parse_lineage_spec(*json);
    } catch (...) {
        rethrow_while("read " + path(LineageFile::cert));
    }
}

void Lineage::write_spec(const LineageSpec &spec) const
{
    spool_.write_json(path_to(LineageFile::cert), to_json(spec));
}

std::optional<LineageSpec> Lineage::rebuild_spec() const
{
    const std::vector<Generation> numbers = generations();
    for (auto it = numbers.rbegin(); it != numbers.rend(); ++it) {
        if (auto spec = wanted(*it))
            return spec;
    }
    for (auto it = numbers.rbegin(); it != numbers.rend(); ++it) {
        const auto certificates = chain(*it);
        if (!certificates || certificates->front().identifiers().empty())
            continue;
        // For whom a key was sealed, no certificate tells.
        if (spool_.exists(SpoolNames::generation(name_, *it, GenerationFile::privkey_age)))
            return std::nullopt;
        LineageSpec spec = spec_from_certificate(certificates->front());
        // Without a key of ours the request is what the lineage lives on.
        const auto csr = request(*it);
        if (!private_key(*it) && csr)
            spec.csr = csr->pem();
        return spec;
    }
    return std::nullopt;
}

std::vector<Generation> Lineage::generations() const
{
    std::vector<Generation> numbers;
    for (const std::string &name : spool_.dir().list(path_to(LineageFile::generations).str())) {
        if (const auto number = parse_generation(name))
            numbers.push_back(*number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

std::optional<Generation> Lineage::live() const
{
    const auto target = spool_.dir().read_link(path_to(LineageFile::live).str());
    return target ? SpoolNames::parse_live_target(*target) : std::nullopt;
}

std::string Lineage::path(Generation number, GenerationFile file) const
{
    return spool_.path_of(SpoolNames::generation(name_, number, file));
}

std::shared_ptr<const std::vector<Certificate>> Lineage::chain(Generation number) const
{
    const SpoolPath path = SpoolNames::generation(name_, number, GenerationFile::fullchain);
    return parsed(spool_, path, chains_, [&]() -> std::shared_ptr<const std::vector<Certificate>> {
        const auto pem = spool_.read(path);
        return pem ? std::make_shared<std::vector<Certificate>>(parse_chain(*pem)) : nullptr;
    });
}

std::shared_ptr<const Csr> Lineage::request(Generation number) const
{
    const SpoolPath path = SpoolNames::generation(name_, number, GenerationFile::request);
    return parsed(spool_, path, requests_, [&]() -> std::shared_ptr<const Csr> {
        const auto pem = spool_.read(path);
        return pem ? std::make_shared<Csr>(Csr::from_pem(*pem)) : nullptr;
    });
}

std::shared_ptr<const PrivateKey> Lineage::private_key(Generation number) const
{
    const SpoolPath path = SpoolNames::generation(name_, number, GenerationFile::privkey);
    return parsed(spool_, path, keys_, [&]() -> std::shared_ptr<const PrivateKey> {
        const auto pem = spool_.read_secret(path);
        return pem ? std::make_shared<PrivateKey>(PrivateKey::from_pem(pem->view())) : nullptr;
    });
}

std::optional<LineageSpec> Lineage::wanted(Generation number) const
{
    return readable([&]() -> std::optional<LineageSpec> {
        const auto json =
            spool_.read_json(SpoolNames::generation(name_, number, GenerationFile::wanted));
        return json ? std::optional(parse_lineage_spec(*json)) : std::nullopt;
    });
}

std::optional<Time> Lineage::stored_at(Generation number) const
{
    const auto st =
        spool_.dir().status(SpoolNames::generation(name_, number, GenerationFile::fullchain).str());
    return st ? std::optional(Time(Seconds(st->st_mtime))) : std::nullopt;
}

int Lineage::stored_last_day(Time now) const
{
    int count = 0;
    for (const Generation number : generations()) {
        const auto stored = stored_at(number);
        count += stored && now - *stored < std::chrono::hours(24) &&
                 *stored - now < std::chrono::hours(48);
    }
    return count;
}

bool Lineage::is_deployed(Generation number) const
{
    return spool_.exists(SpoolNames::generation(name_, number, GenerationFile::deployed));
}

void Lineage::commit(Generation number, const std::vector<Certificate> &chain) const
{
    const auto path_of = [&](GenerationFile file) {
        return SpoolNames::generation(name_, number, file);
    };
    spool_.remove(path_of(GenerationFile::deployed));
    if (const auto then = wanted(number); then && then->is_sealed())
        write_bundle(number, *then, chain);
    // fullchain.pem at last: with it the generation has its certificate.
    const std::string cert = chain.front().pem();
    const std::string issuers = issuers_as_pem(chain);
    const std::string fullchain = cert + issuers;
    spool_.write_together({{path_of(GenerationFile::cert), cert},
                           {path_of(GenerationFile::chain), issuers},
                           {path_of(GenerationFile::fullchain), fullchain}});
}

void Lineage::complete(Generation number) const
{
    const auto certificates = chain(number);
    if (!certificates)
        return;
    // fullchain.pem stays: its time is when the certificate was stored.
    const auto restore = [&](GenerationFile file, const std::string &content) {
        const SpoolPath path = SpoolNames::generation(name_, number, file);
        if (spool_.read(path) != content)
            spool_.write(path, content);
    };
    restore(GenerationFile::cert, certificates->front().pem());
    restore(GenerationFile::chain, issuers_as_pem(*certificates));
    if (lacks_bundle(number))
        write_bundle(number, *wanted(number), *certificates);
}

bool Lineage::is_complete(Generation number) const
{
    const auto certificates = chain(number);
    const auto content = [&](GenerationFile file) {
        return spool_.read(SpoolNames::generation(name_, number, file));
    };
    return certificates && !lacks_bundle(number) &&
           content(GenerationFile::cert) == certificates->front().pem() &&
           content(GenerationFile::chain) == issuers_as_pem(*certificates);
}

void Lineage::switch_live(Generation number) const
{
    spool_.link(SpoolNames::live_target(number), path_to(LineageFile::live));
}

void Lineage::abandon(Generation number) const
{
    drop_order();
    // Durably: after a power cut the order must not meet another generation of this number.
    spool_.dir().sync(SpoolNames::lineage(name_).str());
    spool_.remove_tree(SpoolNames::generation(name_, number));
}

void Lineage::mark_deployed(Generation number) const
{
    // Lost in a power cut, it costs another run of the hook.
    spool_.write(SpoolNames::generation(name_, number, GenerationFile::deployed), "",
                 Durability::transient);
}

void Lineage::prune(Time now, Seconds age) const
{
    const std::vector<Generation> numbers = generations();
    const auto current = live();
    if (!current)
        return;
    Generation before = 0;
    for (const Generation number : numbers) {
        if (number < *current && stored_at(number))
            before = number;
    }
    for (const Generation number : numbers) {
        const auto stored = stored_at(number);
        const bool old = !stored || now - *stored > age;
        if (number < *current && number != before && old)
            spool_.remove_tree(SpoolNames::generation(name_, number));
    }
}

std::optional<Time> Lineage::due() const
{
    const auto st = spool_.dir().status(path_to(LineageFile::due).str());
    return st ? std::optional(Time(Seconds(st->st_mtime))) : std::nullopt;
}

void Lineage::set_due(Time when) const
{
    const SpoolPath path = path_to(LineageFile::due);
    spool_.touch(path);
    spool_.dir().set_mtime(path.str(), when.time_since_epoch().count());
}

}
