// SPDX-License-Identifier: MIT
#include "renew/agent_bundle.h"

#include "base/error.h"
#include "base/text.h"
#include "crypto/csr.h"

namespace acmeproxy {

namespace {

constexpr std::string_view begin_certificate = "-----BEGIN CERTIFICATE-----";

/// A key is what is in front of the chain.
AgentBundle parse_bundle(std::string_view text)
{
    const std::size_t chain = text.find(begin_certificate);
    if (chain == std::string_view::npos)
        throw Error("there is no certificate in it");
    AgentBundle bundle;
    const std::string_view key = text.substr(0, chain);
    if (!trim(key).empty())
        bundle.key = PrivateKey::from_pem(key);
    bundle.chain = parse_chain(text.substr(chain));
    return bundle;
}

void check_key(const AgentBundle &bundle, const LineageSpec &spec)
{
    if (!spec.makes_key()) {
        if (bundle.key)
            throw Error("it holds a private key, although ours has never left this host");
        return;
    }
    if (!bundle.key)
        throw Error("there is no private key in it");
    if (const auto weakness = weakness_of(bundle.key->public_key()))
        throw Error("its key: " + *weakness);
    const KeyType type = spec_from_certificate(bundle.chain.front()).key_type;
    if (type != spec.key_type)
        throw Error("its key is " + to_text(type) + ", not " + to_text(spec.key_type));
}

}

AgentBundle open_agent_bundle(const std::vector<AgeIdentity> &identities, std::string_view file)
{
    const Secret text = age_open(identities, file);
    return parse_bundle(text.view());
}

void check_agent_bundle(const AgentBundle &bundle, const LineageSpec &spec, Time now)
{
    check_key(bundle, spec);
    const PublicKey key =
        bundle.key ? bundle.key->public_key() : Csr::from_pem(spec.csr).public_key().copy();
    check_chain(bundle.chain, key, spec.identifiers, now);
}

bool is_rolled_back(const Certificate &received, const OriginRecord &origin,
                    const Certificate &installed,
                    const std::optional<OriginRecord> &installed_origin)
{
    if (received.not_before() != installed.not_before())
        return received.not_before() < installed.not_before();
    // Of one second: the agent's numbers only grow.
    return installed_origin && installed_origin->server == origin.server &&
           origin.generation < installed_origin->generation;
}

}
