// SPDX-License-Identifier: MIT
#include "import/settings_text.h"

#include "base/encoding.h"
#include "base/text.h"

namespace acmeproxy {

namespace {

bool is_name(std::string_view text)
{
    constexpr std::string_view others = "_-.";
    for (const char c : text) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || others.find(c) != others.npos;
        if (!good)
            return false;
    }
    return !text.empty();
}

std::string value_of(std::string_view text)
{
    text = trim(text);
    if (!text.empty() && (text.front() == '\'' || text.front() == '"')) {
        const std::size_t end = text.find(text.front(), 1);
        return std::string(text.substr(1, end == text.npos ? end : end - 1));
    }
    const std::size_t comment = text.find(" #");
    return std::string(trim(text.substr(0, comment)));
}

}

std::map<std::string, std::string> parse_settings_text(std::string_view text)
{
    std::map<std::string, std::string> settings;
    std::string section;
    for (const std::string &raw : split(text, '\n')) {
        std::string_view line = trim(raw);
        if (line.starts_with('[') && line.ends_with(']')) {
            line.remove_prefix(line.find_first_not_of("[ ") == line.npos
                                   ? line.size()
                                   : line.find_first_not_of("[ "));
            section = std::string(trim(line.substr(0, line.find(']'))));
            continue;
        }
        const std::size_t equals = line.find('=');
        if (line.starts_with('#') || equals == line.npos)
            continue;
        std::string_view name = trim(line.substr(0, equals));
        if (name.starts_with("export "))
            name = trim(name.substr(7));
        if (is_name(name))
            settings[(section.empty() ? "" : section + ".") + std::string(name)] =
                value_of(line.substr(equals + 1));
    }
    return settings;
}

std::string unwrap_acme_sh(const std::string &value)
{
    constexpr std::string_view begin = "__ACME_BASE64__START_", end = "__ACME_BASE64__END_";
    if (!value.starts_with(begin) || !value.ends_with(end) ||
        value.size() < begin.size() + end.size())
        return value;
    const auto bytes = base64_decode(
        std::string_view(value).substr(begin.size(), value.size() - begin.size() - end.size()));
    return bytes ? std::string(trim(*bytes)) : value;
}

std::string host_of_url(std::string_view url)
{
    constexpr std::string_view scheme = "https://";
    if (to_lower(url.substr(0, scheme.size())) != scheme)
        return "";
    url.remove_prefix(scheme.size());
    std::string host = to_lower(url.substr(0, url.find_first_of("/?#")));
    if (host.ends_with(":443"))
        host.resize(host.size() - 4);
    return host;
}

}
