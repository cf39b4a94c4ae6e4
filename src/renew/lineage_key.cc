// SPDX-License-Identifier: MIT
// LineageJob's dealings with private keys: new ones, those that are used again, and those that are
// sealed for a client before anything is written.
#include "renew/lineage_job.h"

#include "crypto/age_bundle.h"
#include "crypto/guarded_memory.h"

#include <utility>

namespace acmeproxy {

namespace {

/// The key is in this function's guarded memory only, for as long as it takes to sign the request
/// and to seal.
std::pair<SealedKey, Csr> make_sealed_key(const LineageSpec &spec)
{
    const GuardedSection guarded;
    const std::vector<AgeRecipient> recipients = spec.all_recipients();
    const PrivateKey key = PrivateKey::generate(spec.key_type);
    const Secret pem = key.to_pem();
    return {SealedKey{age_seal(recipients, pem.view()), begin_bundle(recipients, pem.view())},
            Csr::make(key, spec.identifiers)};
}

/// Whether what was sealed for `then` is what a new generation for `now` would hold.
bool seals_the_same(const LineageSpec &now, const LineageSpec &then)
{
    return then.is_sealed() && then.makes_key() && now.owner == then.owner &&
           now.key_type == then.key_type && same_set(now.identifiers, then.identifiers) &&
           now.all_recipients() == then.all_recipients() && now.escrow == then.escrow;
}

}

void LineageJob::begin(Generation number)
{
    forced_ = false;
    if (!spec_.makes_key()) {
        lineage_.begin(number, spec_, nullptr, Csr::from_pem(spec_.csr));
        return;
    }
    if (spec_.is_sealed()) {
        begin_sealed(number);
        return;
    }
    std::shared_ptr<const PrivateKey> key;
    if (spec_.reuse_key && number > 1) {
        const auto before = lineage_.wanted(number - 1);
        if (!before || before->key_type == spec_.key_type)
            key = lineage_.private_key(number - 1);
    }
    if (!key)
        key = std::make_shared<PrivateKey>(PrivateKey::generate(spec_.key_type));
    lineage_.begin(number, spec_, key.get(), Csr::make(*key, spec_.identifiers));
}

void LineageJob::begin_sealed(Generation number)
{
    const auto then = number > 1 ? lineage_.wanted(number - 1) : std::nullopt;
    if (spec_.reuse_key && then && seals_the_same(spec_, *then)) {
        const auto sealed = lineage_.sealed_key(number - 1);
        const auto csr = lineage_.request(number - 1);
        if (sealed && csr) {
            lineage_.begin(number, spec_, *sealed, *csr);
            return;
        }
    }
    const auto [sealed, csr] = make_sealed_key(spec_);
    lineage_.begin(number, spec_, sealed, csr);
}

}
