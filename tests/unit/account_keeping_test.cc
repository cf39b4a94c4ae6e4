// SPDX-License-Identifier: MIT
#include "renew/account.h"

#include "unit/scripted_ca.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct AccountFixture : SpoolFixture {
    AccountFixture() : files(spool, CaName::parse("pebble"), ClientId::parse("default"))
    {
        config.directory = server.url("/dir");
    }
    std::string account_url() const { return server.url("/a/1"); }
    void knows_the_account(const char *status = "200 OK")
    {
        server.will_answer("/newAccount", status, R"({"status":"valid"})",
                           "Location: " + account_url() + "\r\n");
    }
    void knows_no_account()
    {
        server.will_refuse("/newAccount", "400 Bad Request", "accountDoesNotExist", "no such key");
    }
    Account ensure() { return ensure_account(files, server.session(), config, KeyType::ec256); }
    void roll() { roll_over(files, server.session(), config, KeyType::ec256); }
    std::string key_text() const { return content("cas/pebble/accounts/default/key.pem"); }
    /// An account that is there on both sides.
    void settle()
    {
        knows_the_account("201 Created");
        ensure();
    }

    ScriptedCa server;
    CaConfig config;
    AccountFiles files;
};

}

BOOST_AUTO_TEST_SUITE(account_keeping_test)

BOOST_AUTO_TEST_CASE(a_first_account_is_registered_with_a_key_that_is_kept)
{
    AccountFixture f;
    f.config.contact = {"mailto:a@b.example"};
    f.knows_the_account("201 Created");
    const Account account = f.ensure();
    BOOST_TEST(account.url == f.account_url());
    BOOST_TEST((account.key.public_key() == f.files.key().value().public_key()));
    BOOST_TEST(f.files.record().value().url == f.account_url());
    BOOST_TEST(f.files.record().value().directory == f.server.url("/dir"));
    BOOST_TEST(f.server.log() == "GET /dir, HEAD /newNonce, POST /newAccount");
    // Known from now on.
    BOOST_TEST(f.ensure().url == f.account_url());
    BOOST_TEST(f.server.log() == "GET /dir, HEAD /newNonce, POST /newAccount");
}

BOOST_AUTO_TEST_CASE(the_key_is_kept_when_the_answer_is_lost)
{
    AccountFixture f;
    f.server.will_answer("/newAccount", "503 Service Unavailable", "<html>");
    BOOST_TEST(holds(thrown_by([&] { f.ensure(); }), "get the account at pebble: "));
    const std::string key = f.key_text();
    BOOST_TEST(holds(key, "PRIVATE KEY"));
    BOOST_TEST(!f.files.record());
    // Asked for before a second one is made.
    f.knows_the_account();
    BOOST_TEST(f.ensure().url == f.account_url());
    BOOST_TEST(f.key_text() == key);
    BOOST_TEST(f.files.record().has_value());
}

BOOST_AUTO_TEST_CASE(a_key_that_the_ca_does_not_know_is_registered)
{
    AccountFixture f;
    f.settle();
    const std::string key = f.key_text();
    forget_account(f.files, "https://ca.example/another");
    BOOST_TEST(f.files.record().has_value());
    forget_account(f.files, f.account_url());
    BOOST_TEST(!f.files.record());
    f.knows_no_account();
    f.knows_the_account("201 Created");
    BOOST_TEST(f.ensure().url == f.account_url());
    BOOST_TEST(f.key_text() == key);
}

BOOST_AUTO_TEST_CASE(a_ca_that_cannot_tell_whether_it_knows_a_key_is_asked_to_register_it)
{
    // Some want the external account binding even for onlyReturnExisting; others have no type.
    for (const char *type : {"externalAccountRequired", "malformed", ""}) {
        AccountFixture f;
        f.files.prepare();
        f.files.write_key(PrivateKey::generate(KeyType::ec256));
        f.config.eab_kid = "kid-1";
        f.config.eab_key = Secret("0123456789abcdef0123456789abcdef");
        f.config.eab_alg = "HS256";
        f.server.will_answer("/newAccount", "400 Bad Request",
                             *type ? R"({"type":"urn:ietf:params:acme:error:)" + std::string(type) +
                                         R"("})"
                                   : R"({"detail":"what?"})");
        f.knows_the_account("201 Created");
        BOOST_TEST(f.ensure().url == f.account_url(), type);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_account_is_not_registered_anew)
{
    AccountFixture f;
    f.settle();
    forget_account(f.files, f.account_url());
    f.server.will_refuse("/newAccount", "403 Forbidden", "unauthorized", "account is deactivated");
    BOOST_TEST(holds(thrown_by([&] { f.ensure(); }), "account is deactivated"));
    BOOST_TEST(f.server.log() == "GET /dir, HEAD /newNonce, POST /newAccount, POST /newAccount");
}

BOOST_AUTO_TEST_CASE(a_record_of_another_directory_does_not_count)
{
    AccountFixture f;
    f.settle();
    f.files.write_record({"https://old.example/a/9", "https://old.example/dir", {}});
    f.knows_the_account();
    BOOST_TEST(f.ensure().url == f.account_url());
    BOOST_TEST(f.files.record().value().url == f.account_url());
}

BOOST_AUTO_TEST_CASE(a_record_without_its_key_does_not_count)
{
    AccountFixture f;
    f.settle();
    f.remove("cas/pebble/accounts/default/key.pem");
    f.server.will_answer("/newAccount", "201 Created", R"({"status":"valid"})",
                         "Location: " + f.server.url("/a/2") + "\r\n");
    BOOST_TEST(f.ensure().url == f.server.url("/a/2"));
    BOOST_TEST(f.files.record().value().url == f.server.url("/a/2"));
}

BOOST_AUTO_TEST_CASE(a_damaged_key_is_not_replaced)
{
    AccountFixture f;
    f.settle();
    f.overwrite("cas/pebble/accounts/default/key.pem", "x");
    BOOST_TEST(holds(thrown_by([&] { f.ensure(); }), "put it back from a backup"));
    BOOST_TEST(f.key_text() == "x");
}

BOOST_AUTO_TEST_CASE(a_rollover_makes_the_next_key_the_key)
{
    AccountFixture f;
    f.settle();
    const std::string before = f.key_text();
    f.server.will_answer("/keyChange", "200 OK", "{}");
    f.roll();
    BOOST_TEST(f.key_text() != before);
    BOOST_TEST(!f.files.next_key());
    BOOST_TEST(f.files.record().value().url == f.account_url());
}

BOOST_AUTO_TEST_CASE(a_refused_rollover_leaves_the_key)
{
    AccountFixture f;
    f.settle();
    const std::string before = f.key_text();
    f.server.will_refuse("/keyChange", "403 Forbidden", "unauthorized", "no");
    f.knows_no_account(); // by the next key
    BOOST_TEST(holds(thrown_by([&] { f.roll(); }), "roll over the account key at pebble: "));
    BOOST_TEST(f.key_text() == before);
    BOOST_TEST(!f.files.next_key());
}

BOOST_AUTO_TEST_CASE(a_rollover_that_was_done_at_the_first_request_counts)
{
    // The answer was lost, and the request, sent again, is signed by a key that is no more.
    AccountFixture f;
    f.settle();
    const std::string before = f.key_text();
    f.server.will_refuse("/keyChange", "400 Bad Request", "malformed", "no such key");
    f.knows_the_account(); // by the next key
    f.roll();
    BOOST_TEST(f.key_text() != before);
    BOOST_TEST(!f.files.next_key());
}

BOOST_AUTO_TEST_CASE(an_interrupted_rollover_is_brought_to_its_end)
{
    AccountFixture f;
    f.settle();
    const std::string before = f.key_text();
    f.server.will_answer("/keyChange", "500 Internal Server Error", "");
    BOOST_TEST(thrown_by([&] { f.roll(); }) != "");
    BOOST_TEST(f.key_text() == before);
    BOOST_TEST(f.files.next_key().has_value());
    f.knows_the_account(); // by the next key
    f.ensure();
    BOOST_TEST(f.key_text() != before);
    BOOST_TEST(!f.files.next_key());
}

BOOST_AUTO_TEST_CASE(an_interrupted_rollover_that_the_ca_has_not_heard_of_is_undone)
{
    AccountFixture f;
    f.settle();
    const std::string before = f.key_text();
    f.files.write_next_key(PrivateKey::generate(KeyType::ec256));
    f.knows_no_account();
    f.ensure();
    BOOST_TEST(f.key_text() == before);
    BOOST_TEST(!f.files.next_key());
}

BOOST_AUTO_TEST_CASE(only_the_ca_that_was_asked_ends_a_rollover)
{
    AccountFixture f;
    f.settle();
    f.files.write_next_key(PrivateKey::generate(KeyType::ec256));
    f.files.write_record({"https://old.example/a/9", "https://old.example/dir", {}});
    f.knows_the_account();
    f.ensure();
    BOOST_TEST(f.files.next_key().has_value());
}

BOOST_AUTO_TEST_CASE(a_deactivated_account_leaves_no_files)
{
    AccountFixture f;
    f.settle();
    const Account account = f.ensure();
    f.server.will_answer("/a/1", "200 OK", R"({"status":"deactivated"})");
    deactivate(f.files, f.server.session(), account);
    BOOST_TEST(!f.spool.dir().exists("cas/pebble/accounts/default"));
}

BOOST_AUTO_TEST_CASE(an_account_that_the_ca_keeps_is_kept)
{
    AccountFixture f;
    f.settle();
    const Account account = f.ensure();
    f.server.will_refuse("/a/1", "500 Internal Server Error", "serverInternal");
    BOOST_TEST(thrown_by([&] { deactivate(f.files, f.server.session(), account); }) != "");
    BOOST_TEST(f.files.key().has_value());
}

BOOST_AUTO_TEST_CASE(a_new_contact_is_recorded)
{
    AccountFixture f;
    f.settle();
    const Account account = f.ensure();
    f.server.will_answer("/a/1", "200 OK",
                         R"({"status":"valid","contact":["mailto:c@d.example"]})");
    set_contact(f.files, f.server.session(), account, {"mailto:c@d.example"});
    BOOST_TEST(f.files.record().value().contact.at(0) == "mailto:c@d.example");
    BOOST_TEST(f.files.record().value().url == f.account_url());
}

BOOST_AUTO_TEST_SUITE_END()
