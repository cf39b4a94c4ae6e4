// SPDX-License-Identifier: MIT
#include "base/identifier.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <idn2.h>
#include <memory>

namespace acmeproxy {

namespace {

struct IdnFreer {
    void operator()(char *text) const { ::idn2_free(text); }
};

[[noreturn]] void refuse(std::string_view text, const std::string &reason)
{
    throw Error("identifier \"" + printable(text, 300) + "\": " + reason);
}

/// The canonical text of an IP address, or nothing where `text` is none.
std::string canonical_ip(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        return {}; // inet_pton(3) would not see what follows
    unsigned char bytes[16];
    char canonical[INET6_ADDRSTRLEN];
    for (const int family : {AF_INET, AF_INET6}) {
        if (::inet_pton(family, text.c_str(), bytes) == 1)
            return ::inet_ntop(family, bytes, canonical, sizeof canonical);
    }
    return {};
}

/// Whether a program somewhere would take the last label for a number (the "ends in a number"
/// rule of the URL standard): decimal or hexadecimal digits.
bool is_number(std::string_view label)
{
    if (label.starts_with("0x"))
        return label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
    return label.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_label(std::string_view name, std::string_view label)
{
    if (label.empty())
        refuse(name, "a label is empty");
    if (label.size() > 63)
        refuse(name, "the label \"" + printable(label, 80) + "\" is longer than 63 bytes");
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos)
        refuse(name, "the label \"" + printable(label, 80) +
                         "\" has a character that is not a letter, digit or hyphen");
    if (label.front() == '-' || label.back() == '-')
        refuse(name, "the label \"" + std::string(label) + "\" begins or ends with a hyphen");
}

/// Upper case and UTF-8 to lower-case A-labels.
std::string to_a_labels(std::string_view original, const std::string &name)
{
    char *converted = nullptr;
    const int rc =
        ::idn2_to_ascii_8z(name.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, IdnFreer> holder(converted);
    if (rc != IDN2_OK)
        refuse(original, ::idn2_strerror(rc));
    return to_lower(converted);
}

std::string canonical_dns(std::string_view text)
{
    std::string name = to_lower(text);
    if (!is_valid_utf8(name) || name.find('\0') != std::string::npos)
        refuse(text, "not valid UTF-8");
    const bool wildcard = name.starts_with("*.");
    if (wildcard)
        name.erase(0, 2);
    if (name.ends_with('.'))
        name.pop_back();
    if (name.empty())
        refuse(text, "the name is empty");
    if (name.find('*') != std::string::npos)
        refuse(text, "a wildcard is only possible as the whole first label, once");
    const bool ascii = std::all_of(name.begin(), name.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    // libidn2 also checks that A-labels in the input are sound.
    if (!ascii || name.find("xn--") != std::string::npos)
        name = to_a_labels(text, name);
    const std::vector<std::string> labels = split(name, '.');
    for (const std::string &label : labels)
        check_label(text, label);
    if (is_number(labels.back()))
        refuse(text, "it is not an IP address, and a DNS name cannot end in a number");
    if (wildcard)
        name.insert(0, "*.");
    if (name.size() > 253)
        refuse(text, "longer than 253 bytes");
    return name;
}

}

Identifier Identifier::parse(std::string_view text)
{
    std::string ip = canonical_ip(std::string(text));
    if (!ip.empty())
        return {Type::ip, std::move(ip)};
    if (text.find(':') != std::string_view::npos || text.starts_with('['))
        refuse(text, "not an IP address (write IPv6 addresses without brackets, zone and port)");
    return {Type::dns, canonical_dns(text)};
}

Identifier Identifier::parse(std::string_view type, std::string_view value)
{
    if (type == "ip") {
        std::string ip = canonical_ip(std::string(value));
        if (ip.empty())
            refuse(value, "not an IP address");
        return {Type::ip, std::move(ip)};
    }
    if (type != "dns")
        refuse(value, "the type \"" + printable(type, 40) + "\" is not known");
    // An IP address fails here, too: its last label is a number or it holds a colon.
    return {Type::dns, canonical_dns(value)};
}

std::string Identifier::ip_bytes() const
{
    char bytes[16];
    if (type_ == Type::ip && ::inet_pton(AF_INET, value_.c_str(), bytes) == 1)
        return {bytes, 4};
    if (type_ == Type::ip && ::inet_pton(AF_INET6, value_.c_str(), bytes) == 1)
        return {bytes, 16};
    throw Error("identifier \"" + value_ + "\": not an IP address");
}

Identifier ip_from_bytes(std::string_view bytes)
{
    char text[INET6_ADDRSTRLEN];
    if (bytes.size() != 4 && bytes.size() != 16)
        throw Error("an IP address of " + std::to_string(bytes.size()) + " bytes");
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    return Identifier::parse("ip", text);
}

bool same_set(std::vector<Identifier> a, std::vector<Identifier> b)
{
    for (auto *list : {&a, &b}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    return a == b;
}

std::string to_text(const std::vector<Identifier> &identifiers)
{
    std::string text;
    for (const Identifier &identifier : identifiers)
        text += (text.empty() ? "" : ", ") + identifier.value();
    return text;
}

}
