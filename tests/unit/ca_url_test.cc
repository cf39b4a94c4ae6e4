// SPDX-License-Identifier: MIT
#include "acme/ca_url.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(ca_url_test)

BOOST_AUTO_TEST_CASE(absolute_https_urls_pass_as_they_are)
{
    for (const char *url :
         {"https://ca.example", "https://ca.example:14000/order/1?x=%20#y", "HTTPS://CA.example/",
          "https://[::1]:14000/dir", "https://ca.example/a@b"})
        BOOST_TEST(checked_url("x", url) == url);
}

BOOST_AUTO_TEST_CASE(all_else_is_refused)
{
    for (const std::string &url :
         {std::string(), std::string("/order/1"), std::string("//ca.example/order"),
          std::string("http://ca.example/"), std::string("file:///etc/passwd"),
          std::string("https:/ca.example"), std::string("https://"), std::string("https:///x"),
          std::string("https://?x"), std::string("https://user:pw@ca.example/"),
          std::string("https://ca.example/a b"), std::string("https://ca.example/\r\nX: y"),
          std::string("https://ca.example/\"x"), std::string("https://ca.example/\xC3\xA4"),
          std::string("https://ca.example/") + std::string(1, '\0'),
          "https://ca.example/" + std::string(5000, 'x')})
        BOOST_CHECK_THROW(checked_url("x", url), Error);
}

BOOST_AUTO_TEST_CASE(location_may_be_relative)
{
    const std::string base = "https://ca.example/acme/new-order";
    const auto located = [&](const char *location) {
        HttpResponse response;
        response.headers = {{"location", location}};
        return location_of(response, base);
    };
    BOOST_TEST(located("https://other.example/o/1") == "https://other.example/o/1");
    BOOST_TEST(located("/o/1") == "https://ca.example/o/1");
    BOOST_TEST(located("o/1") == "https://ca.example/acme/o/1");
    BOOST_CHECK_THROW(located("http://ca.example/o/1"), Error);
    BOOST_CHECK_THROW(located(""), Error);
    BOOST_CHECK_THROW(location_of(HttpResponse(), base), Error);
}

BOOST_AUTO_TEST_SUITE_END()
