// SPDX-License-Identifier: MIT
#include "server/url_token.h"

#include "crypto/sealed_box.h"
#include "unit/server_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using Kind = UrlToken::Kind;

namespace {

const std::string account = "web.AAAAAAAAAAAAAAAAAAAAAA";

UrlToken token(const ServerFixture &f, Kind kind = Kind::order)
{
    return {kind,
            "letsencrypt",
            "default",
            account,
            "https://ca.example/order/1",
            f.clock.now() + std::chrono::days(7),
            ""};
}

}

BOOST_AUTO_TEST_SUITE(url_token_test)

BOOST_AUTO_TEST_CASE(a_token_gives_back_what_was_put_in)
{
    ServerFixture f;
    const std::string text = seal_url_token(f.context, token(f));
    BOOST_TEST(base64url_decode(text).has_value());
    const auto opened = open_url_token(f.context, text, Kind::order, account);
    BOOST_TEST_REQUIRE(opened.has_value());
    BOOST_TEST((opened->kind == Kind::order));
    BOOST_TEST(opened->ca == "letsencrypt");
    BOOST_TEST(opened->ca_account == "default");
    BOOST_TEST(opened->account == account);
    BOOST_TEST(opened->url == "https://ca.example/order/1");
    BOOST_TEST((opened->expires == token(f).expires));
    BOOST_TEST(opened->secret_id == f.secrets.keys()->front().id);
}

BOOST_AUTO_TEST_CASE(one_content_has_one_url_in_every_process)
{
    ServerFixture f;
    const std::string text = seal_url_token(f.context, token(f));
    BOOST_TEST(seal_url_token(f.context, token(f)) == text);
    SecretKeyring secrets(f.spool, f.clock);
    ServerContext other{f.spool, f.options, f.renew, f.clock, secrets, ClientStore(f.spool)};
    BOOST_TEST(seal_url_token(other, token(f)) == text);
    UrlToken changed = token(f);
    changed.url += "0";
    BOOST_TEST(seal_url_token(f.context, changed) != text);
    changed = token(f);
    changed.expires += Seconds(1);
    BOOST_TEST(seal_url_token(f.context, changed) != text);
}

BOOST_AUTO_TEST_CASE(a_url_says_nothing_of_what_is_in_it)
{
    ServerFixture f;
    const std::string text = seal_url_token(f.context, token(f));
    const std::string bytes = base64url_decode(text).value();
    for (const char *part : {"ca.example", "letsencrypt", "web."})
        BOOST_TEST(bytes.find(part) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_kind_is_the_same_as_none)
{
    ServerFixture f;
    const std::vector<Kind> kinds{Kind::order, Kind::authorization, Kind::challenge,
                                  Kind::certificate};
    for (const Kind kind : kinds) {
        const std::string text = seal_url_token(f.context, token(f, kind));
        for (const Kind other : kinds)
            BOOST_TEST(open_url_token(f.context, text, other, account).has_value() ==
                       (kind == other));
    }
}

BOOST_AUTO_TEST_CASE(orders_are_not_readable_by_any_other_account)
{
    ServerFixture f;
    const std::string text = seal_url_token(f.context, token(f));
    for (const char *other : {"", "web", "web.AAAAAAAAAAAAAAAAAAAAAB", "x.AAAAAAAAAAAAAAAAAAAAAA",
                              "web.AAAAAAAAAAAAAAAAAAAAA"})
        BOOST_TEST(!open_url_token(f.context, text, Kind::order, other), other);
}

BOOST_AUTO_TEST_CASE(an_expired_one_is_none)
{
    ServerFixture f;
    const std::string text = seal_url_token(f.context, token(f));
    f.clock.advance(std::chrono::days(7) - Seconds(1));
    BOOST_TEST(open_url_token(f.context, text, Kind::order, account).has_value());
    f.clock.advance(Seconds(1));
    BOOST_TEST(!open_url_token(f.context, text, Kind::order, account));
}

BOOST_AUTO_TEST_CASE(foreign_and_damaged_ones_are_none)
{
    ServerFixture f;
    const std::string text = seal_url_token(f.context, token(f));
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        BOOST_TEST(!open_url_token(f.context, changed, Kind::order, account));
    }
    for (const std::string &bad : {std::string(), std::string("a"), text + "A", text + "=",
                                   text.substr(4), "../" + text, std::string(3000, 'A')})
        BOOST_TEST(!open_url_token(f.context, bad, Kind::order, account));
    ServerFixture foreign;
    BOOST_TEST(!open_url_token(foreign.context, text, Kind::order, account));
    BOOST_TEST(!open_url_token(f.context, f.nonce(), Kind::order, account));
}

BOOST_AUTO_TEST_CASE(what_is_in_flight_outlives_a_rotation_and_its_children_stay_the_same)
{
    ServerFixture f;
    const std::string order = seal_url_token(f.context, token(f));
    UrlToken child = token(f, Kind::authorization);
    child.secret_id = open_url_token(f.context, order, Kind::order, account)->secret_id;
    const std::string authorization = seal_url_token(f.context, child);

    rotate_secret_keys(f.spool, f.clock.now() + std::chrono::days(31));
    SecretKeyring later(f.spool, f.clock);
    ServerContext after{f.spool, f.options, f.renew, f.clock, later, ClientStore(f.spool)};
    BOOST_TEST_REQUIRE(later.keys()->size() == 2U);
    const auto opened = open_url_token(after, order, Kind::order, account);
    BOOST_TEST_REQUIRE(opened.has_value());
    child.secret_id = opened->secret_id;
    BOOST_TEST(seal_url_token(after, child) == authorization);
    // without it, the new key is used
    child.secret_id.clear();
    BOOST_TEST(seal_url_token(after, child) != authorization);
    child.secret_id = "20200101T000000Z-abcdefgh"; // dropped since
    BOOST_TEST(open_url_token(after, seal_url_token(after, child), Kind::authorization, account)
                   ->secret_id == later.keys()->front().id);
}

BOOST_AUTO_TEST_CASE(a_url_that_does_not_fit_is_an_error)
{
    ServerFixture f;
    UrlToken long_one = token(f);
    long_one.url += std::string(1200, 'x');
    const std::string text = seal_url_token(f.context, long_one);
    BOOST_TEST(text.size() < 2000U);
    BOOST_TEST(open_url_token(f.context, text, Kind::order, account)->url == long_one.url);
    long_one.url += std::string(300, 'x');
    BOOST_CHECK_EXCEPTION(seal_url_token(f.context, long_one), Error, [](const Error &e) {
        return std::string(e.what()) == "a URL of the CA is too long to be put into one of ours";
    });
}

BOOST_AUTO_TEST_SUITE_END()
