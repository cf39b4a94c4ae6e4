// SPDX-License-Identifier: MIT
#include "spool/client_tokens.h"

#include "unit/server_fixture.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture : ServerFixture {
    const ClientId web = add_client("web", {"a.example"}, {"agent"});
    const ClientTokens tokens{spool};

    std::string add(std::optional<Time> expires = {}, const std::string &lineage = "")
    {
        return std::string(tokens.add(web, lineage, expires, clock.now()).view());
    }
};

}

BOOST_FIXTURE_TEST_SUITE(client_tokens_test, Fixture)

BOOST_AUTO_TEST_CASE(a_token_is_found_by_its_text)
{
    const std::string text = add({}, "a.example");
    const auto token = tokens.find(text, clock.now());
    BOOST_REQUIRE(token);
    BOOST_TEST(token->client.str() == "web");
    BOOST_TEST(token->lineage == "a.example");
    BOOST_TEST(token->id().size() == 16U);
}

BOOST_AUTO_TEST_CASE(only_its_hash_is_stored)
{
    const std::string text = add();
    const std::string random = text.substr(4);
    for (const std::string &name : list("clients/web/tokens")) {
        BOOST_TEST(!holds(name, random));
        BOOST_TEST(!holds(*spool.dir().read_file("clients/web/tokens/" + name), random));
        BOOST_TEST((spool.dir().status("clients/web/tokens/" + name)->st_mode & 07777) == 0640U);
    }
    BOOST_TEST(!holds(tokens.list(web).front().id(), random.substr(0, 12)));
}

BOOST_AUTO_TEST_CASE(nothing_else_is_a_token)
{
    const std::string text = add();
    for (const std::string &other :
         {std::string(), std::string("web"), text + "A", text.substr(1), "x" + text,
          "other" + text.substr(3), std::string("web.AAAAAAAAAAAAAAAAAAAAAA"),
          std::string("../../x.AAAAAAAAAAAAAAAAAAAAAA"), tokens.list(web).front().id(),
          tokens.list(web).front().hash.str()})
        BOOST_TEST(!tokens.find(other, clock.now()), other);
}

BOOST_AUTO_TEST_CASE(a_token_ends_when_it_was_said)
{
    const std::string text = add(clock.now() + Seconds(10));
    BOOST_TEST(tokens.find(text, clock.now() + Seconds(9)).has_value());
    BOOST_TEST(!tokens.find(text, clock.now() + Seconds(10)));
}

BOOST_AUTO_TEST_CASE(a_revoked_token_is_none)
{
    const std::string text = add();
    const std::string other = add();
    const std::string id = tokens.find(text, clock.now())->id();
    BOOST_TEST(tokens.revoke(web, id));
    BOOST_TEST(!tokens.find(text, clock.now()));
    BOOST_TEST(tokens.find(other, clock.now()).has_value());
    BOOST_TEST(!tokens.revoke(web, id));
    BOOST_TEST(!tokens.revoke(web, ""));
}

BOOST_AUTO_TEST_CASE(a_damaged_token_denies)
{
    const std::string text = add();
    const std::string file = "clients/web/tokens/" + list("clients/web/tokens").front();
    for (const char *content : {"", "{}", "{\"format\": 1}", "{\"format\": 2}",
                                "{\"format\": 1, \"created\": \"2026-01-01T00:00:00Z\", "
                                "\"expires\": \"never\"}"}) {
        replace_file(spool.dir(), "tmp", file, content, 0600);
        BOOST_TEST(!tokens.find(text, clock.now()), content);
    }
}

BOOST_AUTO_TEST_CASE(a_token_cannot_be_for_what_is_no_lineage)
{
    BOOST_CHECK_THROW(add({}, "../x"), Error);
    BOOST_CHECK_THROW(add({}, "other@a.example"), Error);
    BOOST_TEST(list("clients/web/tokens").empty());
}

BOOST_AUTO_TEST_CASE(those_long_over_are_swept)
{
    add(clock.now() + Seconds(1));
    const std::string kept = add(clock.now() + std::chrono::days(10));
    add();
    BOOST_TEST(tokens.sweep(clock.now() + std::chrono::days(32)) == 1);
    BOOST_TEST(tokens.list(web).size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
