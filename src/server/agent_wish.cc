// SPDX-License-Identifier: MIT
#include "server/agent_wish.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/csr.h"
#include "server/gateway_wish.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t most_recipients = 10;
constexpr std::size_t longest_profile = 100;

[[noreturn]] void malformed_wish(const std::string &detail)
{
    throw Problem("malformed", detail);
}

/// A member that we do not know must not be passed over: whoever sends "hook" is to be told.
void refuse_unknown_members(const Json &payload)
{
    if (!payload.is_object())
        malformed_wish("the payload must be a JSON object");
    if (const auto name = payload.unknown_member(
            {"name", "identifiers", "recipients", "key_type", "reuse_key", "profile", "csr"}))
        malformed_wish("member \"" + printable(*name, 60) + "\" is not known here");
}

/// base64url of DER, as in finalize (RFC 8555, section 7.4).
Csr read_csr(const Json &payload)
{
    const auto der = base64url_decode(payload.string_at("csr"));
    if (!der)
        malformed_wish("\"csr\" is not base64url");
    try {
        Csr csr = Csr::from_der(*der);
        if (const auto weakness = weakness_of(csr.public_key()))
            throw Problem("badCSR", *weakness);
        if (csr.identifiers().size() > most_names_of_order)
            throw Problem("badCSR", "a request may have at most " +
                                        std::to_string(most_names_of_order) + " names");
        return csr;
    } catch (const Error &e) {
        throw Problem("badCSR", printable(describe(e), 300));
    }
}

void read_recipients(const Json &payload, AgentWish &wish)
{
    for (const std::string &text : payload.strings_or_none("recipients")) {
        // A secret key that came here by mistake is not to be said again.
        if (to_lower(text).find("secret") != std::string::npos)
            malformed_wish("\"recipients\" holds a secret key: make a new one, this one was sent");
        try {
            const AgeRecipient recipient = AgeRecipient::parse(text);
            if (std::find(wish.recipients.begin(), wish.recipients.end(), recipient) ==
                wish.recipients.end())
                wish.recipients.push_back(recipient);
        } catch (const Error &e) {
            malformed_wish("\"recipients\": " + printable(describe(e), 300));
        }
    }
    if (wish.recipients.size() > most_recipients)
        malformed_wish("at most " + std::to_string(most_recipients) + " recipients are taken");
    if (wish.csr.empty() && wish.recipients.empty())
        malformed_wish("\"recipients\" must name at least one age recipient (\"age1...\")");
}

void read_key(const Json &payload, AgentWish &wish)
{
    const bool own_key = !wish.csr.empty();
    if (own_key && (payload.find("key_type") || payload.find("reuse_key")))
        malformed_wish(
            "with \"csr\" the key stays elsewhere: \"key_type\" and \"reuse_key\" have no "
            "meaning");
    const std::string key_type = payload.string_or("key_type", "ec256");
    const auto parsed = parse_key_type(key_type);
    // No CA takes it in a certificate.
    if (!parsed || *parsed == KeyType::ed25519)
        malformed_wish("\"key_type\": \"" + printable(key_type, 40) +
                       "\" is not known; there are ec256, ec384, rsa2048, rsa3072 and rsa4096");
    wish.key_type = *parsed;
    wish.reuse_key = payload.bool_or("reuse_key", false);
}

std::string read_name(const Json &payload, const AgentWish &wish)
{
    try {
        const std::string name = payload.string_or("name", "");
        return name.empty() ? default_lineage_name(wish.identifiers.front()).str()
                            : LineageName::parse(name).str();
    } catch (const JsonError &) {
        throw;
    } catch (const Error &e) {
        malformed_wish("\"name\": " + printable(describe(e), 300));
    }
}

}

NamedWish read_want(const Json &payload)
try {
    refuse_unknown_members(payload);
    AgentWish wish;
    if (payload.find("csr")) {
        const Csr csr = read_csr(payload);
        wish.csr = csr.pem();
        wish.identifiers = csr.identifiers();
    }
    if (payload.find("identifiers") || wish.csr.empty()) {
        const OrderWish order = read_order_wish(payload);
        if (!wish.csr.empty() && !same_set(order.request.identifiers, wish.identifiers))
            throw Problem("badCSR", "the request is for other names than \"identifiers\"");
        wish.identifiers = order.request.identifiers;
    }
    wish.profile = payload.string_or("profile", "");
    if (wish.profile.size() > longest_profile || printable(wish.profile) != wish.profile)
        malformed_wish("\"profile\" is no name of a profile");
    read_recipients(payload, wish);
    read_key(payload, wish);
    return {read_name(payload, wish), std::move(wish)};
} catch (const JsonError &e) {
    malformed_wish("the wish is of no use: " + describe(e));
}

}
