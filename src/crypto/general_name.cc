// SPDX-License-Identifier: MIT
#include "crypto/general_name.h"

#include "base/error.h"
#include "base/text.h"

namespace acmeproxy {

namespace {

using GeneralNameHandle = OpensslHandle<GENERAL_NAME, GENERAL_NAME_free>;
using StringHandle = OpensslHandle<ASN1_STRING, ASN1_STRING_free>;

const char *kind_text(int type)
{
    switch (type) {
    case GEN_EMAIL:
        return "an e-mail address";
    case GEN_URI:
        return "a URI";
    case GEN_DIRNAME:
        return "a directory name";
    case GEN_OTHERNAME:
        return "an otherName";
    case GEN_RID:
        return "a registered ID";
    default:
        return "a name of an unknown kind";
    }
}

GeneralNameHandle make_general_name(const Identifier &identifier)
{
    const bool dns = identifier.type() == Identifier::Type::dns;
    const std::string bytes = dns ? identifier.value() : identifier.ip_bytes();
    GeneralNameHandle name(or_throw(GENERAL_NAME_new(), "make a name"));
    StringHandle string(or_throw(ASN1_STRING_type_new(dns ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING),
                                 "make a name"));
    or_throw(ASN1_STRING_set(string.get(), bytes.data(), static_cast<int>(bytes.size())),
             "make a name");
    GENERAL_NAME_set0_value(name.get(), dns ? GEN_DNS : GEN_IPADD, string.release());
    return name;
}

}

Identifier to_dns_identifier(std::string_view text)
{
    const Identifier identifier = Identifier::parse("dns", text);
    if (identifier.value() != to_lower(text))
        throw Error("identifier \"" + printable(text, 300) + "\": not in its canonical form");
    return identifier;
}

Identifier to_identifier(const GENERAL_NAME *name)
{
    int type = 0;
    const void *value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_DNS)
        return to_dns_identifier(view_of(static_cast<const ASN1_STRING *>(value)));
    if (type == GEN_IPADD)
        return ip_from_bytes(view_of(static_cast<const ASN1_STRING *>(value)));
    throw Error(std::string(kind_text(type)) + " instead of a DNS name or an IP address");
}

GeneralNamesHandle make_general_names(const std::vector<Identifier> &identifiers)
{
    GeneralNamesHandle names(or_throw(GENERAL_NAMES_new(), "make names"));
    for (const Identifier &identifier : identifiers) {
        GeneralNameHandle name = make_general_name(identifier);
        or_throw(sk_GENERAL_NAME_push(names.get(), name.get()), "make names");
        name.release();
    }
    return names;
}

}
