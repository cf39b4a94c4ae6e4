// SPDX-License-Identifier: MIT
#include "spool/lineage.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

constexpr std::string_view due_file = "due";

/// `read` where what it reads is a cache or may be damaged: damage is as good as absence.
template <class Read> auto readable(Read read) -> decltype(read())
{
    try {
        return read();
    } catch (const std::system_error &) {
        throw; // no right, no disk: that is not damage
    } catch (const std::exception &e) {
        if (find_cause<std::system_error>(e) || find_cause<NewerFormat>(e))
            throw;
        return {};
    }
}

std::string issuers_pem(const std::vector<Certificate> &chain)
{
    std::string pem;
    for (std::size_t i = 1; i < chain.size(); ++i)
        pem += chain[i].pem();
    return pem;
}

}

bool Lineage::create(const Spool &spool, const LineageName &name, const LineageSpec &spec)
{
    const SpoolPath folder = SpoolNames::temporary();
    spool.dir().make_dir(folder.str(), 0700);
    try {
        Json json = Json::object();
        json.set("format", 1);
        const Json content = to_json(spec);
        for (const auto &member : *content.as_object())
            json.set(member.first, member.second);
        replace_file(spool.dir(), folder.str(), folder.str() + "/cert.json", json.to_pretty_text(),
                     0600);
        spool.dir().make_dir(folder.str() + "/gen", 0700);
        replace_file(spool.dir(), folder.str(), folder.str() + "/" + std::string(due_file), "",
                     0600);
        if (spool.put_folder(folder, SpoolNames::lineage(name)))
            return true;
        spool.dir().remove_tree(folder.str());
        return false;
    } catch (...) {
        spool.dir().remove_tree(folder.str());
        rethrow_while("make lineage " + name.str());
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

std::optional<std::vector<Certificate>> Lineage::chain(Generation number) const
{
    return readable([&]() -> std::optional<std::vector<Certificate>> {
        const auto pem =
            spool_.read(SpoolNames::generation(name_, number, GenerationFile::fullchain));
        return pem ? std::optional(parse_chain(*pem)) : std::nullopt;
    });
}

std::optional<Csr> Lineage::request(Generation number) const
{
    return readable([&]() -> std::optional<Csr> {
        const auto pem =
            spool_.read(SpoolNames::generation(name_, number, GenerationFile::request));
        return pem ? std::optional(Csr::from_pem(*pem)) : std::nullopt;
    });
}

std::optional<PrivateKey> Lineage::private_key(Generation number) const
{
    return readable([&]() -> std::optional<PrivateKey> {
        const auto pem =
            spool_.read_secret(SpoolNames::generation(name_, number, GenerationFile::privkey));
        return pem ? std::optional(PrivateKey::from_pem(pem->view())) : std::nullopt;
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

bool Lineage::is_deployed(Generation number) const
{
    return spool_.exists(SpoolNames::generation(name_, number, GenerationFile::deployed));
}

void Lineage::begin(Generation number, const LineageSpec &spec, const PrivateKey *key,
                    const Csr &csr) const
try {
    const SpoolPath folder = SpoolNames::temporary();
    spool_.dir().make_dir(folder.str(), 0700);
    if (key)
        spool_.write_in(folder, GenerationFile::privkey, key->to_pem().view());
    spool_.write_in(folder, GenerationFile::request, csr.pem());
    Json wanted = to_json(spec);
    wanted.set("format", 1);
    spool_.write_in(folder, GenerationFile::wanted, wanted.to_pretty_text());
    spool_.make_folder(path_to(LineageFile::generations));
    if (!spool_.put_folder(folder, SpoolNames::generation(name_, number)))
        throw Error("generation " + generation_text(number) + " is there already");
} catch (...) {
    rethrow_while("begin generation " + generation_text(number) + " of " + name_.str());
}

void Lineage::commit(Generation number, const std::vector<Certificate> &chain) const
{
    const auto path_of = [&](GenerationFile file) {
        return SpoolNames::generation(name_, number, file);
    };
    spool_.remove(path_of(GenerationFile::deployed));
    const std::string issuers = issuers_pem(chain);
    spool_.write(path_of(GenerationFile::cert), chain.front().pem());
    spool_.write(path_of(GenerationFile::chain), issuers);
    spool_.write(path_of(GenerationFile::fullchain), chain.front().pem() + issuers);
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
    restore(GenerationFile::chain, issuers_pem(*certificates));
}

bool Lineage::is_complete(Generation number) const
{
    const auto certificates = chain(number);
    const auto content = [&](GenerationFile file) {
        return spool_.read(SpoolNames::generation(name_, number, file));
    };
    return certificates && content(GenerationFile::cert) == certificates->front().pem() &&
           content(GenerationFile::chain) == issuers_pem(*certificates);
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
    spool_.write(SpoolNames::generation(name_, number, GenerationFile::deployed), "");
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

std::optional<OrderRecord> Lineage::order() const
{
    return readable([&]() -> std::optional<OrderRecord> {
        const auto json = spool_.read_json(path_to(LineageFile::order));
        return json ? std::optional(parse_order_record(*json)) : std::nullopt;
    });
}

void Lineage::write_order(const OrderRecord &record) const
{
    spool_.write_json(path_to(LineageFile::order), to_json(record));
}

void Lineage::drop_order() const
{
    spool_.remove(path_to(LineageFile::order));
}

RetryRecord Lineage::retry() const
{
    return readable([&]() -> RetryRecord {
        const auto json = spool_.read_json(path_to(LineageFile::retry));
        return json ? parse_retry_record(*json) : RetryRecord{};
    });
}

void Lineage::write_retry(const RetryRecord &record) const
{
    if (record.is_clean())
        spool_.remove(path_to(LineageFile::retry));
    else
        spool_.write_json(path_to(LineageFile::retry), to_json(record));
}

std::optional<AriRecord> Lineage::ari() const
{
    return readable([&]() -> std::optional<AriRecord> {
        const auto json = spool_.read_json(path_to(LineageFile::ari));
        return json ? std::optional(parse_ari_record(*json)) : std::nullopt;
    });
}

void Lineage::write_ari(const AriRecord &record) const
{
    spool_.write_json(path_to(LineageFile::ari), to_json(record));
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
