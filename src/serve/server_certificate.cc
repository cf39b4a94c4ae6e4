// SPDX-License-Identifier: MIT
#include "serve/server_certificate.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/self_signed.h"

namespace acmeproxy {

namespace {

const char *const chain_file = "self-signed.pem";
const char *const key_file = "self-signed.key";
/// It is made anew at each start of serve, which may run for long.
constexpr std::chrono::days lifetime(365);

}

ServerCertificate::ServerCertificate(const Spool &spool, const RunFolder &run, Identifier name,
                                     std::optional<LineageName> lineage)
    : spool_(spool), run_(run), name_(std::move(name)), lineage_(std::move(lineage))
{
}

CertificateFiles ServerCertificate::best() const
{
    const auto found = live();
    return found ? *found : self_signed();
}

void ServerCertificate::have_damage_looked_at() const
{
    if (lineage_ && Lineage(spool_, *lineage_).live() && !live())
        Lineage(spool_, *lineage_).set_due(system_clock().now());
}

std::optional<CertificateFiles> ServerCertificate::live() const
{
    if (!lineage_)
        return std::nullopt;
    const Lineage lineage(spool_, *lineage_);
    const auto generation = lineage.live();
    if (!generation)
        return std::nullopt;
    const auto chain = lineage.chain(*generation);
    const auto key = lineage.private_key(*generation);
    // lighttpd would not start with them.
    if (!chain || !key || !(chain->front().public_key() == key->public_key())) {
        log_error(lineage_->str() +
                  ": the certificate or its key cannot be used for this server: "
                  "a self-signed one takes its place (acmeproxy cert show " +
                  lineage_->str() + ")");
        return std::nullopt;
    }
    return CertificateFiles{lineage.path(*generation, GenerationFile::fullchain),
                            lineage.path(*generation, GenerationFile::privkey), generation};
}

CertificateFiles ServerCertificate::self_signed() const
{
    CertificateFiles files{run_.path_of(chain_file), run_.path_of(key_file), std::nullopt};
    if (run_.dir().exists(chain_file))
        return files;
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Certificate certificate = make_self_signed(key, name_, system_clock().now(), lifetime);
    run_.write(key_file, key.to_pem().view());
    run_.write(chain_file, certificate.pem());
    return files;
}

}
