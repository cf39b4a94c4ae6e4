// SPDX-License-Identifier: MIT
// What names a client may have certificates for. Patterns go by whole labels:
//
//   a.example        exactly this name
//   *.a.example      exactly one label before a.example, never a.example itself
//   **.a.example     one or more labels before it, never a.example itself
//   wildcard:P       wildcard identifiers: "*.x" where P, one of the forms above, covers x
//   192.0.2.7, 192.0.2.0/24, 2001:db8::/32   IP addresses, by CIDR
//   !P               denies what P covers, wherever it stands in the list
//
// Without "wildcard:" a pattern never covers a wildcard identifier. Nothing is a regular
// expression, nothing matches a part of a label. An empty list denies all.
#pragma once

#include "base/identifier.h"

#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

class NamePattern {
public:
    /// Canonical (A-labels, lower case, masked addresses). Throws Error with the reason: a bare "*"
    /// or "**", an allowing "**" over a public suffix (libpsl), a star elsewhere, a bad name or
    /// prefix length.
    static NamePattern parse(std::string_view text);

    const std::string &text() const { return text_; }
    bool denies() const { return denies_; }
    /// Whether it covers `identifier`, whatever it then says.
    bool matches(const Identifier &identifier) const;
    bool operator==(const NamePattern &other) const { return text_ == other.text_; }

private:
    enum class Depth { exact, one_label, any_labels };

    NamePattern() = default;
    void parse_address(std::string_view text, std::string_view rest);
    void parse_name(std::string_view text, std::string_view rest);

    std::string text_;
    bool denies_ = false;
    bool for_wildcards_ = false;
    Depth depth_ = Depth::exact;
    std::string name_;       ///< of a DNS pattern
    std::string address_;    ///< of an IP pattern: 4 or 16 bytes, masked
    int prefix_length_ = -1; ///< -1: a DNS pattern
};

struct PatternDecision {
    bool allowed = false;
    /// The pattern that decided: the denying one, else the first that allows; empty: none covers
    /// it.
    std::string pattern;
};
PatternDecision decide(const std::vector<NamePattern> &patterns, const Identifier &identifier);

}
