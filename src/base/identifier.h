// SPDX-License-Identifier: MIT
// What a certificate is for: a DNS name or an IP address (RFC 8555, section 9.7.7; RFC 8738),
// always in canonical form. There is no way to hold one that was not checked.
//
// DNS names: A-labels (RFC 5891, through libidn2), lower case, no trailing dot, at most 253 bytes
// with labels of 1 to 63 letters, digits and inner hyphens; "*." may come first, once. A name that
// reads as an IP address in any program's eyes (its last label is a number) is refused.
// IP addresses: as inet_ntop(3) writes them; zones and brackets are refused.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

class Identifier {
public:
    enum class Type { dns, ip };

    /// From what a person wrote: IP addresses are recognized. Throws Error with the reason.
    static Identifier parse(std::string_view text);
    /// From a protocol's "type" and "value". Throws Error with the reason.
    static Identifier parse(std::string_view type, std::string_view value);

    Type type() const { return type_; }
    /// "dns" or "ip".
    std::string type_name() const { return type_ == Type::dns ? "dns" : "ip"; }
    const std::string &value() const { return value_; }
    bool is_wildcard() const { return value_.starts_with("*."); }
    /// The 4 or 16 bytes of an IP address, as in a subjectAltName.
    std::string ip_bytes() const;

    auto operator<=>(const Identifier &) const = default;

private:
    Identifier(Type type, std::string value) : type_(type), value_(std::move(value)) {}

    Type type_;
    std::string value_;
};

/// An IP address from the 4 or 16 bytes in a subjectAltName. Throws Error on another size.
Identifier ip_from_bytes(std::string_view bytes);

/// Whether both hold the same identifiers, whatever their order and repetitions.
bool same_set(std::vector<Identifier> a, std::vector<Identifier> b);

/// "a.example, b.example", for messages.
std::string to_text(const std::vector<Identifier> &identifiers);

}
