// SPDX-License-Identifier: MIT
#include "http/url.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

/// What `look` says, or "accepted"; all that is thrown must be bad_url.
template <class Look> std::string verdict(const Look &look)
{
    try {
        look();
        return "accepted";
    } catch (const HttpError &e) {
        BOOST_TEST((e.reason == HttpError::Reason::bad_url));
        return e.what();
    }
}

}

BOOST_AUTO_TEST_SUITE(url_test)

BOOST_AUTO_TEST_CASE(references_are_resolved_as_rfc_3986_says)
{
    const std::string base = "https://a.example/b/c/d;p?q";
    const std::pair<std::string, std::string> cases[] = {
        {"https://x.example/y", "https://x.example/y"},
        {"HTTPS://X.example:8443/y", "https://X.example:8443/y"},
        {"g", "https://a.example/b/c/g"},
        {"./g", "https://a.example/b/c/g"},
        {"g/", "https://a.example/b/c/g/"},
        {"/g", "https://a.example/g"},
        {"//g.example", "https://g.example/"},
        {"//g.example/x", "https://g.example/x"},
        {"?y", "https://a.example/b/c/d;p?y"},
        {"g?y", "https://a.example/b/c/g?y"},
        {"g?y/../x", "https://a.example/b/c/g?y/../x"},
        {";x", "https://a.example/b/c/;x"},
        {"", "https://a.example/b/c/d;p?q"},
        {"#s", "https://a.example/b/c/d;p?q"},
        {".", "https://a.example/b/c/"},
        {"./", "https://a.example/b/c/"},
        {"..", "https://a.example/b/"},
        {"../g", "https://a.example/b/g"},
        {"../..", "https://a.example/"},
        {"../../g", "https://a.example/g"},
        {"../../../g", "https://a.example/g"},
        {"/../g", "https://a.example/g"},
        {"./g/.", "https://a.example/b/c/g/"},
        {"g/./h", "https://a.example/b/c/g/h"},
        {"g/../h", "https://a.example/b/c/h"},
    };
    for (const auto &[reference, expected] : cases)
        BOOST_TEST(resolve_url(base, reference) == expected,
                   reference << " gives " << resolve_url(base, reference));
    BOOST_TEST(resolve_url("https://a.example", "x") == "https://a.example/x");
    BOOST_TEST(resolve_url("https://a.example:14000/dir", "/x") == "https://a.example:14000/x");
    BOOST_TEST(resolve_url("https://[::1]:14000/dir", "/x") == "https://[::1]:14000/x");
}

BOOST_AUTO_TEST_CASE(what_does_not_resolve_to_http_is_refused)
{
    for (const std::string reference :
         {"ftp://x.example/", "file:///etc/passwd", "//u:p@x.example/", "https://u@x.example/",
          "https:/x", "///x.example/", "mailto:x", "a b", "\r\nx", "caf\xc3\xa9"})
        BOOST_TEST(verdict([&] { resolve_url("https://a.example/", reference); }) != "accepted",
                   reference);
    BOOST_TEST(verdict([] { resolve_url("a.example", "/x"); }) ==
               "bad URL a.example: no https:// in front");
}

BOOST_AUTO_TEST_CASE(the_origin_is_scheme_host_and_port)
{
    const std::pair<std::string, std::string> cases[] = {
        {"https://CA.Example/Dir?x", "https://ca.example"},
        {"https://ca.example:443/", "https://ca.example"},
        {"HTTPS://ca.example:8443", "https://ca.example:8443"},
        {"http://ca.example:80/", "http://ca.example"},
        {"http://ca.example:443/", "http://ca.example:443"},
        {"https://127.0.0.1:14000/dir", "https://127.0.0.1:14000"},
        {"https://[2001:DB8::1]:14000/dir", "https://[2001:db8::1]:14000"},
    };
    for (const auto &[url, origin] : cases)
        BOOST_TEST(url_origin(url) == origin);
}

BOOST_AUTO_TEST_CASE(bad_urls_are_refused_with_the_reason)
{
    const std::string long_url = "https://a.example/" + std::string(8000, 'x');
    const std::pair<std::string, std::string> cases[] = {
        {"http://a.example/", "bad URL http://a.example/: only https is allowed"},
        {"a.example/dir", "bad URL a.example/dir: no https:// in front"},
        {"", "bad URL : "},
        {"ftp://a.example/", "bad URL ftp://a.example/: no https:// in front"},
        {"file:///etc/passwd", "bad URL file:///etc/passwd: no https:// in front"},
        {"javascript:alert(1)",
         "bad URL javascript:alert(1): no https:// in front, or no host behind it"},
        {"https://", "bad URL https://: "},
        {"https:///dir", "bad URL https:///dir: no https:// in front, or no host behind it"},
        {"https:/dir", "bad URL https:/dir: no https:// in front, or no host behind it"},
        {"https:dir", "bad URL https:dir: no https:// in front, or no host behind it"},
        {"https://a.example:99999/", "bad URL https://a.example:99999/: "},
        {"https://a.example:x/", "bad URL https://a.example:x/: "},
        {"https://[::1/", "bad URL https://[::1/: "},
        {"https://a.example/a b",
         "bad URL https://a.example/a b: a character that is no part of a URL"},
        {"https://a.example/\r\nX: y",
         "bad URL https://a.example/??X: y: a character that is no part of a URL"},
        {"https://user:hunter2@a.example/",
         "bad URL with user information: user name or password in it"},
        {"https://user@a.example/", "bad URL with user information: user name or password in it"},
        {"https://u:hunter2@a.example/ x",
         "bad URL with user information: a character that is no part of a URL"},
        {long_url, "bad URL " + long_url.substr(0, 100)},
    };
    for (const auto &[url, error] : cases) {
        const std::string said = verdict([&url = url] { check_url(url, {}); });
        BOOST_TEST(said.starts_with(error), said);
        BOOST_TEST(said.find("hunter2") == std::string::npos);
        BOOST_TEST(said.size() < 500u);
    }
    BOOST_TEST(verdict([&] { check_url(long_url, {}); }).ends_with(": longer than 8000 bytes"));
    BOOST_TEST(verdict([] { check_url("https://a.example/x@y?z@w", {}); }) == "accepted");
    HttpOptions options;
    options.allow_http = true;
    BOOST_TEST(verdict([&] { check_url("http://a.example/", options); }) == "accepted");
}

BOOST_AUTO_TEST_SUITE_END()
