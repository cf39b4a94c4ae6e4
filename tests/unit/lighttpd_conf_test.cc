// SPDX-License-Identifier: MIT
#include "serve/lighttpd_conf.h"

#include "base/error.h"
#include "serve/web_programs.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

LighttpdConf sample()
{
    LighttpdConf conf;
    conf.run_folder = "/run/acmeproxy/serve";
    conf.pid_file = "/run/acmeproxy/serve/lighttpd-1.pid";
    conf.http_tokens = {"0.0.0.0:80", "[::]:80"};
    conf.https_tokens = {"0.0.0.0:443", "[::]:443"};
    conf.certificate = "/spool/fullchain.pem";
    conf.private_key = "/spool/privkey.pem";
    return conf;
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

}

BOOST_AUTO_TEST_SUITE(lighttpd_conf_test)

BOOST_AUTO_TEST_CASE(each_address_with_tls_has_the_certificate)
{
    const std::string text = to_text(sample());
    BOOST_TEST(has(text, "server.bind = \"0.0.0.0\"\nserver.port = 80\n"));
    for (const char *token : {"0.0.0.0:443", "[::]:443"})
        BOOST_TEST(has(text, "$SERVER[\"socket\"] == \"" + std::string(token) +
                                 "\" {\n    ssl.engine = \"enable\"\n"
                                 "    ssl.pemfile = \"/spool/fullchain.pem\"\n"
                                 "    ssl.privkey = \"/spool/privkey.pem\"\n"));
}

BOOST_AUTO_TEST_CASE(signed_requests_have_the_door_with_tls_alone)
{
    const std::string text = to_text(sample());
    const std::size_t tls_door = text.find("$HTTP[\"scheme\"] == \"https\" {");
    BOOST_TEST_REQUIRE(tls_door != std::string::npos);
    for (const WebProgram &program : web_programs()) {
        const std::size_t at = text.find("=^ \"" + program.url_prefix + "\"");
        BOOST_TEST_REQUIRE(at != std::string::npos, program.name);
        BOOST_TEST((at > tls_door) == (program.door == Door::tls_only), program.name);
        BOOST_TEST(has(text, "\"/run/acmeproxy/serve/" + program.socket() + "\""), program.name);
    }
}

BOOST_AUTO_TEST_CASE(paths_of_renewal_information_are_not_logged)
{
    BOOST_TEST(has(to_text(sample()), "$HTTP[\"url\"] =~ \"^/gateway/([^/]+/)?renewal-info/\" {\n"
                                      "    server.errorlog = \"/dev/null\"\n"));
}

BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_quoted_is_refused)
{
    BOOST_TEST(lighttpd_quoted("/a b/c") == "\"/a b/c\"");
    for (const char *text : {"a\"b", "a\\b", "a\nb", "a$b", "a\x01"})
        BOOST_CHECK_THROW(lighttpd_quoted(text), Error);
}

BOOST_AUTO_TEST_CASE(messages_lose_time_and_place)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {"2026-11-24 16:59:20: (server.c.1704) server started (lighttpd/1.4.69)",
         "server started (lighttpd/1.4.69)"},
        {"2026-11-24 16:59:20: something else", "something else"},
        {"(configfile.c.1) what", "what"},
        {"(no place) what", "(no place) what"},
        {"dlopen() failed for: x", "dlopen() failed for: x"},
        {"", ""},
    };
    for (const auto &[line, expected] : cases)
        BOOST_TEST(lighttpd_message(line) == expected);
}

BOOST_AUTO_TEST_SUITE_END()
