// SPDX-License-Identifier: MIT
#include "cli/values.h"

#include "base/error.h"
#include "base/text.h"
#include "http/url.h"
#include "spool/names.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

std::string quoted(const std::string &value)
{
    return "\"" + printable(value, 100) + "\"";
}

/// The whole of `value` as a decimal number; false where it is none or too large.
bool read_number(std::string_view value, std::int64_t &number)
{
    if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos)
        return false;
    return std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc();
}

bool has_blank_or_control(std::string_view value)
{
    return std::any_of(value.begin(), value.end(),
                       [](unsigned char c) { return c <= 0x20 || c == 0x7F; });
}

}

bool parse_bool(const std::string &value)
{
    const std::string word = to_lower(value);
    if (word == "yes" || word == "true" || word == "on" || word == "1")
        return true;
    if (word == "no" || word == "false" || word == "off" || word == "0")
        return false;
    throw Error(quoted(value) + " is neither yes nor no");
}

int parse_number(const std::string &value, int least, int most)
{
    std::int64_t number = 0;
    if (!read_number(value, number))
        throw Error(quoted(value) + " is not a number");
    if (number < least || number > most)
        throw Error(fmt::format("{} is not between {} and {}", number, least, most));
    return static_cast<int>(number);
}

Seconds parse_duration(const std::string &value)
{
    std::string_view digits = value;
    std::int64_t unit = 1;
    if (!digits.empty()) {
        switch (digits.back()) {
        case 's':
            digits.remove_suffix(1);
            break;
        case 'm':
            digits.remove_suffix(1), unit = 60;
            break;
        case 'h':
            digits.remove_suffix(1), unit = 3600;
            break;
        case 'd':
            digits.remove_suffix(1), unit = 86400;
            break;
        default:
            break;
        }
    }
    std::int64_t number = 0;
    constexpr std::int64_t ten_years = 315360000;
    if (!read_number(digits, number))
        throw Error(quoted(value) + " is not a duration, as 90, 90s, 5m, 2h or 1d");
    if (number < 1 || number > ten_years / unit)
        throw Error("the duration " + quoted(value) + " is not between 1 s and 10 years");
    return Seconds(number * unit);
}

ValueCheck is_number(int least, int most)
{
    return [least, most](const std::string &value) { parse_number(value, least, most); };
}

ValueCheck is_one_of(std::vector<std::string> words)
{
    return [words = std::move(words)](const std::string &value) {
        if (std::find(words.begin(), words.end(), value) == words.end())
            throw Error(quoted(value) + " is none of " + join(words, ", "));
    };
}

void is_bool(const std::string &value)
{
    parse_bool(value);
}

void is_duration(const std::string &value)
{
    parse_duration(value);
}

void is_not_empty(const std::string &value)
{
    if (value.empty())
        throw Error("the value is empty");
}

void is_https_url(const std::string &value)
try {
    check_url(value, {});
} catch (const BadUrl &e) {
    if (value.find('@') != std::string::npos) // a password may stand before it
        throw Error("the URL, which is not shown, cannot be used: " + e.why);
    throw Error(quoted(value) + " cannot be used: " + e.why);
}

void is_ca_name(const std::string &value)
{
    CaName::parse(value);
}

void is_proxy(const std::string &value)
{
    if (value.empty())
        return;
    if (has_blank_or_control(value) ||
        (!value.starts_with("http://") && !value.starts_with("https://")))
        throw Error("a proxy is written http://HOST:PORT"); // the value may hold a password
}

void is_resolve_rule(const std::string &value)
{
    const std::vector<std::string> parts = split(value, ':');
    std::int64_t port = 0;
    if (parts.size() < 3 || parts[0].empty() || parts[2].empty() || !read_number(parts[1], port) ||
        port < 1 || port > 65535 || has_blank_or_control(value))
        throw Error(quoted(value) + " is not HOST:PORT:ADDRESS");
}

void is_mail_address(const std::string &value)
{
    const std::string address = value.starts_with("mailto:") ? value.substr(7) : value;
    const std::size_t at = address.find('@');
    // A comma would be a second address and "?" header fields, which CAs refuse (RFC 8555, 7.3).
    if (at == std::string::npos || at == 0 || at + 1 == address.size() ||
        address.find('@', at + 1) != std::string::npos || has_blank_or_control(address) ||
        address.find_first_of(",?") != std::string::npos)
        throw Error(quoted(value) + " is not a mail address");
}

void is_hook(const std::string &value)
{
    const bool is_name = value.find('/') == std::string::npos && !value.starts_with(".");
    if (!is_name && !value.starts_with("/"))
        throw Error(quoted(value) +
                    " is neither a file name in the hooks folder nor a path from the root");
}

void is_absolute_path(const std::string &value)
{
    if (!value.starts_with("/"))
        throw Error(quoted(value) + " is not a path from the root (/...)");
}

}
