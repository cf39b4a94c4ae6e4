// SPDX-License-Identifier: MIT
#include "spool/lineage_spec.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

void refuse_unknown_members(const Json &json)
{
    static const std::vector<std::string_view> known = {
        "format",    "identifiers", "source",          "deliver", "ca",  "key_type",
        "reuse_key", "profile",     "preferred_chain", "csr",     "hook"};
    for (const auto &[name, value] : *json.as_object()) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw JsonError("member \"" + printable(name, 60) + "\" is not known");
    }
}

void set_unless_empty(Json &json, std::string_view name, const std::string &value)
{
    if (!value.empty())
        json.set(name, value);
}

/// `value` where it is one of `allowed`; nothing else is implemented or wanted.
std::string one_of(const Json &json, std::string_view name, std::string_view allowed)
{
    std::string value = json.string_or(name, allowed);
    if (value != allowed)
        throw JsonError(fmt::format("member \"{}\" is \"{}\"; it can only be \"{}\"", name,
                                    printable(value, 60), allowed));
    return value;
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
    return json;
}

LineageSpec parse_lineage_spec(const Json &json)
{
    if (!json.is_object())
        throw JsonError("not an object");
    refuse_unknown_members(json);
    LineageSpec spec;
    for (const Json &id : json.array_at("identifiers"))
        spec.identifiers.push_back(Identifier::parse(id.string_at("type"), id.string_at("value")));
    if (spec.identifiers.empty())
        throw JsonError("member \"identifiers\" is empty");
    spec.source = one_of(json, "source", "acme");
    spec.deliver = one_of(json, "deliver", "files");
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
    return spec;
}

bool asks_for_the_same(const LineageSpec &now, const LineageSpec &then)
{
    const bool same_key = !now.csr.empty() || (now.key_type == then.key_type);
    return same_set(now.identifiers, then.identifiers) && now.csr == then.csr && same_key &&
           now.ca == then.ca && now.profile == then.profile && now.source == then.source &&
           now.deliver == then.deliver;
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
