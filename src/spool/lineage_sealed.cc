// SPDX-License-Identifier: MIT
// Generations whose key is for a client alone: what lies in the place of privkey.pem.
#include "spool/lineage.h"

#include "crypto/age_bundle.h"

namespace acmeproxy {

namespace {

bool is_age_file(const std::optional<std::string> &content)
try {
    if (content)
        check_age_file(*content);
    return content.has_value();
} catch (const AgeError &) {
    return false;
}

bool is_begun_bundle(const std::optional<std::string> &content)
try {
    if (content)
        check_begun_bundle(*content);
    return content.has_value();
} catch (const Error &) {
    return false;
}

}

std::optional<SealedKey> Lineage::sealed_key(Generation number) const
{
    const auto read = [&](GenerationFile file) {
        return spool_.read(SpoolNames::generation(name_, number, file));
    };
    auto privkey = read(GenerationFile::privkey_age);
    auto bundle = read(GenerationFile::bundle_begun);
    if (!is_age_file(privkey) || !is_begun_bundle(bundle))
        return std::nullopt;
    return SealedKey{std::move(*privkey), std::move(*bundle)};
}

bool Lineage::has_sealed_files(Generation number, const LineageSpec &then) const
{
    const auto is_sound = [&](GenerationFile file) {
        return is_age_file(spool_.read(SpoolNames::generation(name_, number, file)));
    };
    if (then.makes_key() && !is_sound(GenerationFile::privkey_age))
        return false;
    if (chain(number))
        return then.all_recipients().empty() || is_sound(GenerationFile::bundle_age);
    return !then.makes_key() || sealed_key(number).has_value();
}

bool Lineage::lacks_bundle(Generation number) const
{
    const auto then = wanted(number);
    return then && then->is_sealed() && !has_sealed_files(number, *then) &&
           (!then->makes_key() || sealed_key(number));
}

void Lineage::begin(Generation number, const LineageSpec &spec, const SealedKey &key,
                    const Csr &csr) const
{
    const std::string request = csr.pem();
    put_generation(number, spec,
                   {{GenerationFile::privkey_age, key.privkey},
                    {GenerationFile::bundle_begun, key.bundle},
                    {GenerationFile::request, request}});
}

void Lineage::write_bundle(Generation number, const LineageSpec &then,
                           const std::vector<Certificate> &chain) const
{
    std::string text;
    for (const Certificate &certificate : chain)
        text += certificate.pem();
    const std::vector<AgeRecipient> recipients = then.all_recipients();
    const SpoolPath path = SpoolNames::generation(name_, number, GenerationFile::bundle_age);
    if (!then.makes_key()) {
        if (!recipients.empty())
            spool_.write(path, age_seal(recipients, text));
        return;
    }
    const auto begun =
        spool_.read(SpoolNames::generation(name_, number, GenerationFile::bundle_begun));
    if (!begun)
        throw Error("read " + this->path(number, GenerationFile::bundle_begun) +
                    ": there is no such file");
    spool_.write(path, finish_bundle(*begun, text));
}

void Lineage::drop_begun_bundle(Generation number) const
{
    spool_.remove(SpoolNames::generation(name_, number, GenerationFile::bundle_begun));
}

}
