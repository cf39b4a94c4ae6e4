// SPDX-License-Identifier: MIT
#include "spool/lineage_spec.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

void set_unless_empty(Json &json, std::string_view name, const std::string &value)
{
    if (!value.empty())
        json.set(name, value);
}

/// A member that is one of two words; the first where it is missing.
std::string one_of(const Json &json, std::string_view name, std::string_view usual,
                   std::string_view other)
{
    std::string value = json.string_or(name, usual);
    if (value != usual && value != other)
        throw JsonError(fmt::format("member \"{}\" is \"{}\"; it can only be \"{}\" or \"{}\"",
                                    name, printable(value, 60), usual, other));
    return value;
}

template <class Value> Value parse_member(std::string_view name, const std::string &text)
{
    try {
        return Value::parse(text);
    } catch (...) {
        rethrow_while("member \"" + std::string(name) + "\"");
    }
}

void parse_sealing(const Json &json, LineageSpec &spec)
{
    const std::string owner = json.string_or("owner", "");
    if (!owner.empty())
        spec.owner = parse_member<ClientId>("owner", owner);
    for (const std::string &text : json.strings_or_none("recipients"))
        spec.recipients.push_back(parse_member<AgeRecipient>("recipients", text));
    const std::string escrow = json.string_or("escrow", "");
    if (!escrow.empty())
        spec.escrow = parse_member<AgeRecipient>("escrow", escrow);
}

}

Json to_json(const LineageSpec &spec)
{
    Json identifiers = Json::array();
    for (const Identifier &id : spec.identifiers)
        identifiers.push(Json::object().set("type", id.type_name()).set("value", id.value()));
    Json json = Json::object();
    json.set("identifiers", std::move(identifiers))
        .set("source", spec.source)
        .set("deliver", spec.deliver);
    set_unless_empty(json, "ca", spec.ca);
    json.set("key_type", to_text(spec.key_type)).set("reuse_key", spec.reuse_key);
    set_unless_empty(json, "profile", spec.profile);
    set_unless_empty(json, "preferred_chain", spec.preferred_chain);
    set_unless_empty(json, "csr", spec.csr);
    set_unless_empty(json, "hook", spec.hook);
    set_unless_empty(json, "server", spec.server);
    if (spec.owner)
        json.set("owner", spec.owner->str());
    if (!spec.recipients.empty())
        json.set("recipients", Json::strings(texts_of(spec.recipients)));
    if (spec.escrow)
        json.set("escrow", spec.escrow->text());
    return json;
}

LineageSpec parse_lineage_spec(const Json &json)
{
    if (!json.is_object())
        throw JsonError("not an object");
    json.refuse_members_except({"format", "identifiers", "source", "deliver", "ca", "key_type",
                                "reuse_key", "profile", "preferred_chain", "csr", "hook", "server",
                                "owner", "recipients", "escrow"});
    LineageSpec spec;
    for (const Json &id : json.array_at("identifiers"))
        spec.identifiers.push_back(Identifier::parse(id.string_at("type"), id.string_at("value")));
    if (spec.identifiers.empty())
        throw JsonError("member \"identifiers\" is empty");
    spec.source = one_of(json, "source", "acme", "agent");
    spec.deliver = one_of(json, "deliver", "files", "sealed");
    spec.ca = json.string_or("ca", "");
    const std::string key_type = json.string_or("key_type", "ec256");
    const auto parsed = parse_key_type(key_type);
    if (!parsed)
        throw JsonError("member \"key_type\": unknown key type \"" + printable(key_type, 40) +
                        "\"");
    spec.key_type = *parsed;
    spec.reuse_key = json.bool_or("reuse_key", false);
    spec.profile = json.string_or("profile", "");
    spec.preferred_chain = json.string_or("preferred_chain", "");
    spec.csr = json.string_or("csr", "");
    spec.hook = json.string_or("hook", "");
    spec.server = json.string_or("server", "");
    parse_sealing(json, spec);
    if (const std::string reason = contradiction_in(spec); !reason.empty())
        throw JsonError(reason);
    return spec;
}

std::string contradiction_in(const LineageSpec &spec)
{
    if (spec.source == "agent" && spec.is_sealed())
        return "what comes from an agent cannot be delivered sealed again";
    if ((spec.source == "agent") == spec.server.empty())
        return "source \"agent\" needs a server, and nothing else has one";
    if (spec.source == "agent" && !(spec.ca.empty() && spec.preferred_chain.empty()))
        return "with source \"agent\" the server chooses CA and chain";
    if (!spec.server.empty() &&
        !(spec.server.starts_with("https://") && spec.server.ends_with('/')))
        return "a server must be an https URL that ends in \"/\"";
    if (!spec.is_sealed() && (spec.owner || spec.escrow || !spec.recipients.empty()))
        return "owner, recipients and escrow go with deliver \"sealed\" only";
    if (spec.is_sealed() && !spec.owner)
        return "deliver \"sealed\" needs an owner";
    if (spec.is_sealed() && spec.makes_key() && spec.recipients.empty())
        return "deliver \"sealed\" needs recipients";
    return {};
}

std::vector<AgeRecipient> LineageSpec::all_recipients() const
{
    std::vector<AgeRecipient> all = recipients;
    if (escrow)
        all.push_back(*escrow);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

bool asks_for_the_same(const LineageSpec &now, const LineageSpec &then)
{
    const bool same_key = !now.csr.empty() || (now.key_type == then.key_type);
    return same_set(now.identifiers, then.identifiers) && now.csr == then.csr && same_key &&
           now.ca == then.ca && now.profile == then.profile && now.source == then.source &&
           now.server == then.server && now.deliver == then.deliver && now.owner == then.owner &&
           now.all_recipients() == then.all_recipients() && now.escrow == then.escrow;
}

LineageSpec spec_from_certificate(const Certificate &certificate)
{
    LineageSpec spec;
    spec.identifiers = certificate.identifiers();
    if (spec.identifiers.empty())
        throw Error("the certificate holds no DNS name and no IP address");
    const PublicKey key = certificate.public_key();
    if (key.kty() == "RSA")
        spec.key_type = key.bits() >= 4096   ? KeyType::rsa4096
                        : key.bits() >= 3072 ? KeyType::rsa3072
                                             : KeyType::rsa2048;
    else if (key.curve() == "P-384")
        spec.key_type = KeyType::ec384;
    return spec;
}

}
