// SPDX-License-Identifier: MIT
// Lineage::facts(): from files to the facts that the state machine decides by.
#include "spool/lineage.h"

#include <algorithm>

namespace acmeproxy {

namespace {

void note(std::vector<std::string> *damage, std::string text)
{
    if (damage)
        damage->push_back(std::move(text));
}

/// Whether the certificate's key is there; where it is not ours, whether it is what was asked for.
bool has_key_of(const Certificate &certificate, bool ours, const PrivateKey *key, const Csr *csr)
{
    if (ours)
        return key && key->spki() == certificate.spki();
    return !csr || csr->public_key().spki() == certificate.spki();
}

/// Whether a generation is what `spec` asks for. Of a lost wanted.json the certificate still tells
/// the names.
bool is_wanted(const LineageSpec &spec, const std::optional<LineageSpec> &then,
               const std::vector<Certificate> *certificates)
{
    if (then)
        return asks_for_the_same(spec, *then);
    return certificates && same_set(spec.identifiers, certificates->front().identifiers());
}

}

GenerationFacts Lineage::facts_of(Generation number, const LineageSpec &spec,
                                  std::vector<std::string> *damage) const
{
    GenerationFacts facts;
    facts.number = number;
    const auto then = wanted(number);
    // Before it is read: who looks without the lock may see it come in between.
    const bool is_stored = stored_at(number).has_value();
    const auto certificates = chain(number);
    facts.wanted = is_wanted(spec, then, certificates.get());
    facts.deployed = is_deployed(number);
    facts.committed = certificates != nullptr;
    const auto key = private_key(number);
    const LineageSpec &made_for = then ? *then : spec;
    const bool ours = made_for.makes_key() && !made_for.is_sealed();
    const bool has_sealed = !made_for.is_sealed() || has_sealed_files(number, made_for);
    // To read a request means to verify it: only where something depends on it.
    const auto csr = certificates && ours ? nullptr : request(number);
    facts.usable = !certificates && csr && has_sealed &&
                   (!ours || (key && key->spki() == csr->public_key().spki()));
    facts.sound =
        certificates && has_sealed && has_key_of(certificates->front(), ours, key.get(), csr.get());
    if (!certificates && is_stored)
        note(damage, path(number, GenerationFile::fullchain) + " cannot be read as certificates");
    if (certificates && !has_sealed)
        note(damage, path(number, made_for.makes_key() ? GenerationFile::privkey_age
                                                       : GenerationFile::bundle_age) +
                         (made_for.makes_key() ? " or bundle.pem.age" : "") +
                         " is missing or damaged");
    else if (certificates && !facts.sound)
        note(damage, path(number, ours ? GenerationFile::privkey : GenerationFile::request) +
                         (key || !ours ? " does not have the certificate's key"
                                       : " is missing or damaged"));
    return facts;
}

LineageFacts Lineage::facts(const LineageSpec &spec, std::vector<std::string> *damage) const
{
    LineageFacts facts;
    const auto target = live(); // before the list, which then has it
    const std::vector<Generation> numbers = generations();
    const bool has_live =
        target && std::find(numbers.begin(), numbers.end(), *target) != numbers.end();
    for (const Generation number : numbers) {
        // Old generations are history: only what can be live next is opened.
        const bool matters = number + 2 > numbers.back() || number == target || !has_live;
        if (matters)
            facts.generations.push_back(facts_of(number, spec, damage));
    }
    if (target && facts.find(*target))
        facts.live = target;
    else if (spool_.dir().status(path_to(LineageFile::live).str()))
        note(damage, path(LineageFile::live) + " points to no generation");
    else if (!numbers.empty() && stored_at(numbers.front()) && numbers.size() > 1)
        note(damage, path(LineageFile::live) + " is missing");
    if (spool_.exists(path_to(LineageFile::order))) {
        const auto record = order();
        const bool newest = record && !numbers.empty() && record->generation == numbers.back();
        facts.order =
            newest ? LineageFacts::OrderFile::of_newest : LineageFacts::OrderFile::of_other;
        if (!record && spool_.exists(path_to(LineageFile::order)))
            note(damage, path(LineageFile::order) + " is damaged");
    }
    return facts;
}

}
