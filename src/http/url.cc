// SPDX-License-Identifier: MIT
#include "http/url.h"

#include "base/text.h"
#include "http/libcurl.h"

#include <new>

namespace acmeproxy {

namespace {

/// Longer ones are refused by web servers, too.
constexpr std::size_t max_url_size = 8000;

struct UrlFreer {
    void operator()(CURLU *url) const { libcurl().url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlFreer>;

struct TextFreer {
    void operator()(char *text) const { libcurl().free(text); }
};

[[noreturn]] void refuse(const std::string &url, const std::string &why)
{
    throw BadUrl(url, why);
}

/// nullopt where the URL has no such part.
std::optional<std::string> part_of(const Url &url, CURLUPart part, unsigned int flags = 0)
{
    char *found = nullptr;
    if (libcurl().url_get(url.get(), part, &found, flags) != CURLUE_OK)
        return std::nullopt;
    const std::unique_ptr<char, TextFreer> text(found);
    return text.get();
}

/// curl takes one to three slashes behind the scheme, and so finds a host where there is none.
bool has_odd_slashes(std::string_view text)
{
    const std::size_t colon = text.substr(0, text.find_first_of("/?#")).find(':');
    if (colon == std::string_view::npos)
        return text.starts_with("///");
    return text.substr(colon, 3) != "://" || text.substr(colon).starts_with(":///");
}

void set_url(const Url &url, const std::string &text)
{
    if (text.size() > max_url_size)
        refuse(text, "longer than " + std::to_string(max_url_size) + " bytes");
    for (const unsigned char c : text)
        if (c <= ' ' || c >= 0x7F)
            refuse(text, "a character that is no part of a URL");
    if (has_odd_slashes(text))
        refuse(text, "no https:// in front, or no host behind it");
    const CURLUcode code = libcurl().url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
    if (code == CURLUE_BAD_SCHEME)
        refuse(text, "no https:// in front");
    if (code != CURLUE_OK)
        refuse(text, to_lower(libcurl().url_strerror(code)));
    if (part_of(url, CURLUPART_USER) || part_of(url, CURLUPART_PASSWORD))
        refuse(text, "user name or password in it");
}

Url parse_url(const std::string &text)
{
    Url url(libcurl().url());
    if (!url)
        throw std::bad_alloc();
    set_url(url, text);
    const std::string scheme = part_of(url, CURLUPART_SCHEME).value_or("");
    if (scheme != "https" && scheme != "http")
        refuse(text, "no https:// in front");
    return url;
}

}

BadUrl::BadUrl(const std::string &url, std::string why_not)
    : HttpError(Reason::bad_url, "bad URL " + shown_url(url) + ": " + why_not),
      why(std::move(why_not))
{
}

void check_url(const std::string &url, const HttpOptions &options)
{
    if (part_of(parse_url(url), CURLUPART_SCHEME) != "https" && !options.allow_http)
        refuse(url, "only https is allowed");
}

std::string shown_url(const std::string &url)
{
    constexpr std::size_t enough = 300;
    if (url.substr(0, url.find_first_of("/?#", url.find("//") + 2)).find('@') != std::string::npos)
        return "with user information";
    return printable(url, enough);
}

std::string resolve_url(const std::string &base, const std::string &reference)
{
    const Url url = parse_url(base);
    if (reference.empty() || reference.front() == '#')
        return part_of(url, CURLUPART_URL).value_or(base);
    set_url(url, reference);
    const std::string resolved = part_of(url, CURLUPART_URL).value_or("");
    parse_url(resolved);
    return resolved;
}

std::string url_origin(const std::string &url)
{
    const Url parsed = parse_url(url);
    std::string origin = part_of(parsed, CURLUPART_SCHEME).value_or("") + "://" +
                         to_lower(part_of(parsed, CURLUPART_HOST).value_or(""));
    if (const auto port = part_of(parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT))
        origin += ":" + *port;
    return origin;
}

}
