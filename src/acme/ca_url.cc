// SPDX-License-Identifier: MIT
#include "acme/ca_url.h"

#include "base/text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t max_url_size = 4096;
constexpr std::string_view scheme = "https://";

bool is_url_character(char c)
{
    return c > 0x20 && c < 0x7F &&
           std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

bool is_sound(std::string_view url)
{
    if (url.size() > max_url_size || !equal_ignoring_case(url.substr(0, scheme.size()), scheme))
        return false;
    const std::string_view rest = url.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    return !authority.empty() && authority.find('@') == std::string_view::npos &&
           std::all_of(url.begin(), url.end(), is_url_character);
}

}

std::string checked_url(std::string_view what, const std::string &url)
{
    if (!is_sound(url))
        throw Error(std::string(what) + " is \"" + printable(url, 200) +
                    "\", not an absolute https URL");
    return url;
}

std::string location_of(const HttpResponse &response, const std::string &url)
{
    const auto location = response.header("location");
    if (!location || location->empty())
        throw Error("the answer has no Location");
    return checked_url("Location", resolve_url(url, *location));
}

}
