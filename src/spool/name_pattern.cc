// SPDX-License-Identifier: MIT
#include "spool/name_pattern.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <libpsl.h>

namespace acmeproxy {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string &reason)
{
    throw Error("pattern \"" + printable(text, 300) + "\": " + reason);
}

bool take(std::string_view &text, std::string_view prefix)
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool is_public_suffix(const std::string &name)
{
    const psl_ctx_t *list = ::psl_builtin();
    if (!list)
        throw Error("libpsl was built without the list of public suffixes");
    return ::psl_is_public_suffix(list, name.c_str()) != 0;
}

void mask(std::string &address, int prefix_length)
{
    for (std::size_t i = 0; i < address.size(); ++i) {
        const int bits = std::clamp(prefix_length - static_cast<int>(i) * 8, 0, 8);
        const auto kept = static_cast<unsigned char>(0xFF00U >> bits);
        address[i] = static_cast<char>(static_cast<unsigned char>(address[i]) & kept);
    }
}

/// The prefix length behind a slash; the whole address without one.
int parse_prefix_length(std::string_view text, std::string_view digits, int most)
{
    int length = 0;
    const auto [end, err] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (err != std::errc() || end != digits.data() + digits.size() || length < 0 || length > most)
        refuse(text, "the prefix length must be 0 to " + std::to_string(most));
    return length;
}

bool looks_like_address(std::string_view text)
{
    return text.find_first_not_of("0123456789./") == text.npos || text.find(':') != text.npos;
}

/// Whether `name` is `suffix` with one label (or, if not `one`, at least one) in front.
bool is_below(std::string_view name, std::string_view suffix, bool one)
{
    if (name.size() <= suffix.size() + 1 || !name.ends_with(suffix) ||
        name[name.size() - suffix.size() - 1] != '.')
        return false;
    const std::string_view front = name.substr(0, name.size() - suffix.size() - 1);
    return !one || front.find('.') == front.npos;
}

}

NamePattern NamePattern::parse(std::string_view text)
{
    NamePattern pattern;
    std::string_view rest = trim(text);
    if (rest.empty())
        refuse(text, "it is empty");
    pattern.denies_ = take(rest, "!");
    if (!rest.starts_with("wildcard:") && looks_like_address(rest)) {
        pattern.parse_address(text, rest);
    } else {
        pattern.for_wildcards_ = take(rest, "wildcard:");
        pattern.parse_name(text, rest);
    }
    return pattern;
}

void NamePattern::parse_address(std::string_view text, std::string_view rest)
{
    const std::size_t slash = rest.find('/');
    try {
        address_ = Identifier::parse("ip", rest.substr(0, slash)).ip_bytes();
    } catch (const Error &) {
        refuse(text, "it is no IP address");
    }
    const int bits = static_cast<int>(address_.size()) * 8;
    prefix_length_ =
        slash == rest.npos ? bits : parse_prefix_length(text, rest.substr(slash + 1), bits);
    mask(address_, prefix_length_);
    text_ = (denies_ ? "!" : "") + ip_from_bytes(address_).value();
    if (slash != rest.npos)
        text_ += "/" + std::to_string(prefix_length_);
}

void NamePattern::parse_name(std::string_view text, std::string_view rest)
{
    if (rest == "*" || rest == "**")
        refuse(text, "a bare star would cover the whole world; put a domain behind it");
    std::string stars;
    if (take(rest, "**.")) {
        depth_ = Depth::any_labels;
        stars = "**.";
    } else if (take(rest, "*.")) {
        depth_ = Depth::one_label;
        stars = "*.";
    }
    if (rest.find('*') != rest.npos)
        refuse(text, "stars are only possible in front: \"*.\" or \"**.\"");
    try {
        name_ = Identifier::parse("dns", rest).value();
    } catch (const Error &e) {
        refuse(text, e.what());
    }
    // To deny all of a public suffix is a wish that makes sense.
    if (depth_ == Depth::any_labels && !denies_ && is_public_suffix(name_))
        refuse(text, name_ + " is a public suffix: the names below it belong to many");
    text_ = std::string(denies_ ? "!" : "") + (for_wildcards_ ? "wildcard:" : "") + stars + name_;
}

bool NamePattern::matches(const Identifier &identifier) const
{
    if (identifier.type() == Identifier::Type::ip) {
        if (prefix_length_ < 0)
            return false;
        std::string address = identifier.ip_bytes();
        if (address.size() != address_.size())
            return false;
        mask(address, prefix_length_);
        return address == address_;
    }
    if (prefix_length_ >= 0 || identifier.is_wildcard() != for_wildcards_)
        return false;
    std::string_view name = identifier.value();
    if (for_wildcards_)
        name.remove_prefix(2);
    switch (depth_) {
    case Depth::exact:
        return name == name_;
    case Depth::one_label:
        return is_below(name, name_, true);
    case Depth::any_labels:
        return is_below(name, name_, false);
    }
    return false;
}

PatternDecision decide(const std::vector<NamePattern> &patterns, const Identifier &identifier)
{
    PatternDecision decision;
    for (const NamePattern &pattern : patterns) {
        if (!pattern.matches(identifier))
            continue;
        if (pattern.denies())
            return {false, pattern.text()};
        if (!decision.allowed)
            decision = {true, pattern.text()};
    }
    return decision;
}

}
