// SPDX-License-Identifier: MIT
#include "spool/names.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace acmeproxy;

namespace {

template <class Name> void check_good(const std::vector<std::string> &texts)
{
    for (const std::string &text : texts)
        BOOST_TEST(Name::parse(text).str() == text);
}

template <class Name>
void check_bad(const std::vector<std::string> &texts, const std::string &reason)
{
    for (const std::string &text : texts) {
        const std::string error = thrown_by([&] { Name::parse(text); });
        BOOST_TEST(holds(error, reason), "\"" << text << "\": " << error);
    }
}

std::string default_name(const std::string &identifier)
{
    return default_lineage_name(Identifier::parse(identifier)).str();
}

}

BOOST_AUTO_TEST_SUITE(names_test)

BOOST_AUTO_TEST_CASE(lineage_names)
{
    check_good<LineageName>({"a", "a.example", "_.a.example", "0--1", "192.0.2.1", "a_b-c.d",
                             "client@a.example", "c-1@_.a.example", std::string(200, 'a'), "a.",
                             "a..b"});
    check_bad<LineageName>({"",
                            ".",
                            "..",
                            ".a",
                            "-a",
                            "A.example",
                            "a b",
                            "a/b",
                            "../a",
                            "a\n",
                            std::string("a\0b", 3),
                            "*.a.example",
                            "a:b",
                            "\xc3\xa4.example",
                            std::string(201, 'a'),
                            "@a",
                            "a@",
                            "a@b@c",
                            "A@b",
                            "-a@b",
                            "a-@b",
                            "a@.b",
                            "a@-b",
                            std::string(64, 'a') + "@b"},
                           "must be 1 to 200 lower-case letters, digits, '.', '-' and '_', not "
                           "beginning with '.' or '-'");
    BOOST_TEST(thrown_by([] { LineageName::parse("a/\x1b[2J"); }).find('\x1b') ==
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_of_cas_and_clients)
{
    const std::vector<std::string> good = {"letsencrypt", "letsencrypt-staging", "1", "a1-2b",
                                           std::string(63, 'a')};
    const std::vector<std::string> bad = {"",    "-a",       "a-",
                                          "A",   "a.b",      "a_b",
                                          "a/b", "..",       "a b",
                                          "a@b", "a\n",      std::string("\0", 1),
                                          "*",   "\xc3\xa4", std::string(64, 'a')};
    check_good<CaName>(good);
    check_good<ClientId>(good);
    const std::string rule = "must be 1 to 63 lower-case letters, digits and inner hyphens";
    check_bad<CaName>(bad, rule);
    check_bad<ClientId>(bad, rule);
    BOOST_TEST(thrown_by([] { CaName::parse("A"); }) == "CA name \"A\": " + rule);
    BOOST_TEST(thrown_by([] { ClientId::parse("A"); }) == "client id \"A\": " + rule);
}

BOOST_AUTO_TEST_CASE(tokens)
{
    check_good<Token>({"a", "A-_9", "-", "_", "DGyRejmCefe7v4NfDGDKfA", std::string(128, 'x')});
    check_bad<Token>({"", "a.b", "..", "a/b", "a=", "a+b", "a b", "a\n", std::string("a\0", 2),
                      "\xc3\xa4", std::string(129, 'x')},
                     "must be 1 to 128 characters of base64url");
}

BOOST_AUTO_TEST_CASE(default_names)
{
    const struct {
        const char *identifier;
        const char *name;
    } table[] = {
        {"a.example", "a.example"},
        {"A.Example.", "a.example"},
        {"*.a.example", "_.a.example"},
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8::1", "2001-db8--1"},
        {"::1", "0--1"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
    };
    for (const auto &row : table)
        BOOST_TEST(default_name(row.identifier) == row.name);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_asks_for_another)
{
    const std::string label(63, 'a');
    const std::string name = label + "." + label + "." + label + ".example";
    BOOST_TEST(name.size() == 199U);
    BOOST_TEST(default_name(name) == name);
    const std::string error = thrown_by([&] { default_name("bb." + name); });
    BOOST_TEST(holds(error, "--name"), error);
    BOOST_TEST(holds(error, "must be 1 to 200"), error);
}

BOOST_AUTO_TEST_CASE(generation_numbers_have_one_spelling)
{
    BOOST_TEST(generation_text(1) == "0001");
    BOOST_TEST(generation_text(9999) == "9999");
    BOOST_TEST(generation_text(10000) == "10000");
    for (const int number : {1, 42, 9999, 10000, 999999999})
        BOOST_TEST((parse_generation(generation_text(number)) == number));
    for (const char *bad : {"", "1", "001", "0000", "00001", "09999x", "-001", "+001", " 001",
                            "0001 ", "1000000000", "0x01", "../1", "0001.tmp"})
        BOOST_TEST(!parse_generation(bad), bad);
}

BOOST_AUTO_TEST_CASE(live_targets)
{
    BOOST_TEST(SpoolNames::live_target(7) == "gen/0007");
    BOOST_TEST((SpoolNames::parse_live_target("gen/0007") == 7));
    for (const char *bad : {"", "gen", "gen/", "gen/7", "/gen/0007", "gen/0007/", "gen/../0007",
                            "../x/gen/0007", "/etc/passwd"})
        BOOST_TEST(!SpoolNames::parse_live_target(bad), bad);
}

BOOST_AUTO_TEST_CASE(paths_are_composed)
{
    const CaName ca = CaName::parse("pebble");
    const ClientId owner = ClientId::parse("default");
    const LineageName name = LineageName::parse("a.example");
    BOOST_TEST(SpoolNames::folder(SpoolFolder::certs).str() == "certs");
    BOOST_TEST(SpoolNames::challenge(Token::parse("tok")).str() == "challenges/tok");
    BOOST_TEST(SpoolNames::ca(ca, CaFile::pause).str() == "cas/pebble/pause");
    BOOST_TEST(SpoolNames::account(ca, owner, AccountFile::next).str() ==
               "cas/pebble/accounts/default/next.pem");
    BOOST_TEST(SpoolNames::lineage(name, LineageFile::live).str() == "certs/a.example/live");
    BOOST_TEST(SpoolNames::generation(name, 12, GenerationFile::fullchain).str() ==
               "certs/a.example/gen/0012/fullchain.pem");
    const SpoolPath folder = SpoolNames::temporary();
    BOOST_TEST(SpoolNames::temporary(folder, GenerationFile::wanted).str() ==
               folder.str() + "/wanted.json");
}

BOOST_AUTO_TEST_CASE(temporary_names_differ)
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(SpoolNames::temporary().str());
    BOOST_TEST(seen.size() == 1000U);
    BOOST_TEST(seen.begin()->starts_with("tmp/"));
}

BOOST_AUTO_TEST_SUITE_END()
