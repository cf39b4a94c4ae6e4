// SPDX-License-Identifier: MIT
#include "import/settings_text.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(settings_text_test)

BOOST_AUTO_TEST_CASE(values_are_read_as_they_are_written)
{
    struct Row {
        const char *line, *value;
    };
    for (const Row &row : {
             Row{"x=1", "1"},
             Row{"  x = 1  ", "1"},
             Row{"x='a b'", "a b"},
             Row{"x=\"a # b\" # comment", "a # b"},
             Row{"export x=1", "1"},
             Row{"x=a#b", "a#b"},
             Row{"x = a # comment", "a"},
             Row{"x=", ""},
             Row{"x=''", ""},
             Row{"x='open", "open"},
             Row{"x=a=b", "a=b"},
             Row{"x=1\r", "1"},
             Row{"x=1\nx=2", "2"},
         })
        BOOST_TEST(parse_settings_text(row.line).at("x") == row.value, row.line);
}

BOOST_AUTO_TEST_CASE(sections_are_in_front_of_the_names)
{
    const auto settings = parse_settings_text("a = 1\n[renewalparams]\na = 2\n"
                                              "[[webroot_map]]\na = 3\n[ ]\nb=4\n");
    BOOST_TEST(settings.at("a") == "1");
    BOOST_TEST(settings.at("renewalparams.a") == "2");
    BOOST_TEST(settings.at("webroot_map.a") == "3");
    BOOST_TEST(settings.at("b") == "4");
}

BOOST_AUTO_TEST_CASE(other_lines_are_skipped)
{
    for (const char *line : {"", "#x=1", "   # x=1", "x", "=1", "if [ x = 1 ]; then", "x y=1", "[[",
                             "]", "[", "\0x=1", "$x=1", "x()=1"})
        BOOST_TEST(parse_settings_text(line).empty(), line);
}

BOOST_AUTO_TEST_CASE(acme_sh_wraps_commands)
{
    BOOST_TEST(unwrap_acme_sh("__ACME_BASE64__START_Y3AgYSBi__ACME_BASE64__END_") == "cp a b");
    for (const char *plain : {"", "plain", "__ACME_BASE64__START_", "__ACME_BASE64__END_",
                              "__ACME_BASE64__START_%%%__ACME_BASE64__END_"})
        BOOST_TEST(unwrap_acme_sh(plain) == plain);
}

BOOST_AUTO_TEST_CASE(the_host_of_a_url)
{
    BOOST_TEST(host_of_url("https://CA.example/dir") == "ca.example");
    BOOST_TEST(host_of_url("HTTPS://ca.example") == "ca.example");
    BOOST_TEST(host_of_url("https://ca.example:443/") == "ca.example");
    BOOST_TEST(host_of_url("https://ca.example:14000/dir?x") == "ca.example:14000");
    for (const char *other : {"", "https", "http://ca.example/", "ca.example", "file:///etc"})
        BOOST_TEST(host_of_url(other) == "", other);
}

BOOST_AUTO_TEST_SUITE_END()
