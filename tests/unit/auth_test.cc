// SPDX-License-Identifier: MIT
// Accounts of clients, request by request (RFC 8555, sections 7.2 and 7.3).
#include "server/auth.h"

#include "unit/server_fixture.h"

#include <boost/test/unit_test.hpp>
#include <thread>

using namespace acmeproxy;

namespace {

constexpr const char *new_account_path = "/auth/new-account";

PrivateKey new_key()
{
    return PrivateKey::generate(KeyType::ec256);
}

PrivateKey same(const PrivateKey &key)
{
    return PrivateKey::from_pem(key.to_pem().view());
}

TestAccount unknown(const PrivateKey &key)
{
    return {same(key), "", ""};
}

/// A keyChange request's payload.
std::string inner_jws(const ServerFixture &f, const TestAccount &account, const PrivateKey &key)
{
    const Json header =
        Json::object().set("jwk", to_jwk(key.public_key())).set("url", f.url("/auth/key-change"));
    const Json payload =
        Json::object().set("account", account.kid).set("oldKey", to_jwk(account.key.public_key()));
    return sign_jws(key, header, payload.to_text());
}

CgiResponse change_key(ServerFixture &f, const TestAccount &account, const PrivateKey &key)
{
    return f.ask(account, "/auth/key-change", inner_jws(f, account, key));
}

ClientId add_limited_client(ServerFixture &f, int max_accounts)
{
    const ClientId client = f.add_client("web", {"*.a.example"});
    ClientPolicy policy = f.context.clients.load_policy(client);
    policy.max_accounts = max_accounts;
    f.context.clients.save_policy(client, policy);
    return client;
}

}

BOOST_AUTO_TEST_SUITE(auth_test)

BOOST_AUTO_TEST_CASE(a_nonce_comes_with_200_for_head_and_204_for_get)
{
    ServerFixture f;
    for (const auto &[method, status] : {std::pair("HEAD", 200), std::pair("GET", 204)}) {
        const CgiResponse response =
            auth_response(f.context, get_request("/auth/new-nonce", method));
        BOOST_TEST(response.status == status);
        BOOST_TEST(response.body.empty());
        BOOST_TEST(header_of(response, "Cache-Control") == "no-store");
        BOOST_TEST(header_of(response, "Link") ==
                   "<https://proxy.example/gateway/directory>;rel=\"index\"");
        BOOST_TEST(is_our_nonce(f.context, header_of(response, "Replay-Nonce")));
    }
    const CgiResponse refusal = auth_response(f.context, get_request("/auth/new-nonce", "DELETE"));
    BOOST_TEST(outcome(refusal) == "405 malformed");
}

BOOST_AUTO_TEST_CASE(a_nonce_is_given_for_a_post_as_get_too)
{
    ServerFixture f;
    const TestAccount account = f.register_account(f.add_client("web", {"*.a.example"}));
    const CgiResponse response = f.ask(account, "/auth/new-nonce", "");
    BOOST_TEST(outcome(response) == "204");
    BOOST_TEST(is_our_nonce(f.context, header_of(response, "Replay-Nonce")));
    BOOST_TEST(outcome(f.ask(account, "/auth/new-nonce", "{}")) == "400 malformed");
    const CgiResponse unsigned_one = auth_response(f.context, post_request("/auth/new-nonce", ""));
    BOOST_TEST(outcome(unsigned_one) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(an_account_is_made_found_again_and_shown)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const PrivateKey key = new_key();
    const CgiResponse made = f.new_account(key, eab);
    BOOST_TEST(outcome(made) == "201");
    BOOST_TEST(header_of(made, "Content-Type") == "application/json");
    const Json body = Json::parse(made.body);
    BOOST_TEST(body.string_at("status") == "valid");
    BOOST_TEST((body.object_at("externalAccountBinding") == f.binding(eab, key.public_key())));
    const std::string url = header_of(made, "Location");
    BOOST_TEST(url.starts_with("https://proxy.example/auth/account/web."));

    const CgiResponse again = f.new_account(key, eab);
    BOOST_TEST(outcome(again) == "200");
    BOOST_TEST(header_of(again, "Location") == url);
    const CgiResponse found =
        f.ask(unknown(key), new_account_path, R"({"onlyReturnExisting": true})");
    BOOST_TEST(outcome(found) == "200");
    BOOST_TEST(header_of(found, "Location") == url);

    const TestAccount account{same(key), url.substr(21), url};
    const CgiResponse shown = f.ask(account, account.path, "");
    BOOST_TEST(outcome(shown) == "200");
    BOOST_TEST(header_of(shown, "Location") == url);
    BOOST_TEST(is_our_nonce(f.context, header_of(shown, "Replay-Nonce")));
    BOOST_TEST(f.context.clients.accounts(client).size() == 1U);
}

BOOST_AUTO_TEST_CASE(only_return_existing_is_looked_at_before_the_binding)
{
    ServerFixture f;
    f.add_client("web", {"*.a.example"});
    const CgiResponse response =
        f.ask(unknown(new_key()), new_account_path, R"({"onlyReturnExisting":true})");
    BOOST_TEST(outcome(response) == "400 accountDoesNotExist");
    BOOST_TEST(f.list("keys").empty());
}

BOOST_AUTO_TEST_CASE(an_account_without_binding_is_refused)
{
    ServerFixture f;
    f.add_client("web", {"*.a.example"});
    for (const char *payload : {"{}", R"({"externalAccountBinding":null})"})
        BOOST_TEST(outcome(f.ask(unknown(new_key()), new_account_path, payload)) ==
                   "403 externalAccountRequired");
    BOOST_TEST(f.list("keys").empty());
}

BOOST_AUTO_TEST_CASE(a_client_that_lost_its_state_comes_back_with_the_same_binding_key)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "201");
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "201");
    BOOST_TEST(f.context.clients.accounts(client).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_key_for_one_account_makes_one_account)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client, true);
    const TestAccount account = f.register_account(new_key(), eab);
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "403 unauthorized");
    BOOST_TEST(outcome(f.new_account(account.key, eab)) == "200");
    // nor a second one by a change of keys
    BOOST_TEST(outcome(change_key(f, account, new_key())) == "200");
    BOOST_TEST(outcome(f.new_account(account.key, eab)) == "403 unauthorized");
    BOOST_TEST(f.context.clients.accounts(client).size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_many_at_once_one_gets_the_account_of_a_key_for_one)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client, true);
    std::vector<int> statuses(6);
    {
        std::vector<std::jthread> threads;
        for (int &status : statuses)
            threads.emplace_back([&] { status = f.new_account(new_key(), eab).status; });
    }
    BOOST_TEST(std::count(statuses.begin(), statuses.end(), 201) == 1);
    BOOST_TEST(std::count(statuses.begin(), statuses.end(), 403) == 5);
}

BOOST_AUTO_TEST_CASE(the_same_key_at_once_gets_one_account)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const PrivateKey key = new_key();
    std::vector<std::string> urls(6);
    {
        std::vector<std::jthread> threads;
        for (std::string &url : urls)
            threads.emplace_back([&] { url = header_of(f.new_account(key, eab), "Location"); });
    }
    BOOST_TEST(!urls.front().empty());
    for (const std::string &url : urls)
        BOOST_TEST(url == urls.front());
    BOOST_TEST(f.context.clients.accounts(client).size() == 1U);
}

BOOST_AUTO_TEST_CASE(accounts_of_a_client_have_a_limit)
{
    ServerFixture f;
    const ClientId client = add_limited_client(f, 1);
    const EabKey eab = f.add_eab(client);
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "201");
    const CgiResponse refused = f.new_account(new_key(), eab);
    BOOST_TEST(outcome(refused) == "403 unauthorized");
    BOOST_TEST(detail_of(refused) == "this client has 1 accounts, as many as it may");
}

BOOST_AUTO_TEST_CASE(a_body_of_no_use_is_refused_by_a_problem_with_a_nonce)
{
    ServerFixture f;
    const CgiResponse response = acme_body_refusal(f.context, "/d")(
        post_request(new_account_path, ""), 413, "it is too large");
    BOOST_TEST(outcome(response) == "413 malformed");
    BOOST_TEST(detail_of(response) == "it is too large");
    BOOST_TEST(!header_of(response, "Replay-Nonce").empty());
    BOOST_TEST(header_of(response, "Link") ==
               "<" + f.context.options.base_url + "/d>;rel=\"index\"");
}

BOOST_AUTO_TEST_CASE(the_limit_of_accounts_holds_for_many_at_once)
{
    ServerFixture f;
    const ClientId client = add_limited_client(f, 2);
    const EabKey eab = f.add_eab(client);
    for (int round = 0; round < 5; ++round) {
        std::vector<int> statuses(12);
        {
            std::vector<std::jthread> threads;
            for (int &status : statuses)
                threads.emplace_back([&] { status = f.new_account(new_key(), eab).status; });
        }
        BOOST_TEST(std::count(statuses.begin(), statuses.end(), 201) == (round == 0 ? 2 : 0));
        BOOST_TEST(f.context.clients.accounts(client).size() == 2U);
    }
}

// Each leaves files for 90 days.
BOOST_AUTO_TEST_CASE(accounts_that_ended_are_not_without_number)
{
    ServerFixture f;
    const ClientId client = add_limited_client(f, 2);
    const EabKey eab = f.add_eab(client);
    for (int i = 0; i < 20; ++i) {
        const TestAccount account = f.register_account(new_key(), eab);
        BOOST_TEST(outcome(f.ask(account, account.path, R"({"status":"deactivated"})")) == "200");
    }
    const CgiResponse refused = f.new_account(new_key(), eab);
    BOOST_TEST(outcome(refused) == "403 unauthorized");
    BOOST_TEST(detail_of(refused) ==
               "this client has ended 20 accounts in 90 days, as many as it may");
    f.clock.set(system_clock().now() + std::chrono::days(91));
    f.context.clients.sweep_accounts(f.clock.now());
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "201");
}

BOOST_AUTO_TEST_CASE(contacts_are_mail_addresses)
{
    ServerFixture f;
    const TestAccount account = f.register_account(f.add_client("web", {"*.a.example"}));
    const std::vector<std::pair<const char *, const char *>> table = {
        {R"({"contact":["mailto:a@b.example"]})", "200"},
        {R"({"contact":["mailto:a@b.example","mailto:c+d@b.example"]})", "200"},
        {R"({"contact":[]})", "200"},
        {R"({"contact":["tel:+123"]})", "400 unsupportedContact"},
        {R"({"contact":["mailto:"]})", "400 invalidContact"},
        {R"({"contact":["mailto:@b.example"]})", "400 invalidContact"},
        {R"({"contact":["mailto:a@"]})", "400 invalidContact"},
        {R"({"contact":["mailto:a@b.example,c@d.example"]})", "400 invalidContact"},
        {R"({"contact":["mailto:a@b.example?subject=x"]})", "400 invalidContact"},
        {R"({"contact":["mailto:a@b.example\r\nBcc: x"]})", "400 invalidContact"},
        {R"({"contact":"mailto:a@b.example"})", "400 malformed"},
        {R"({"contact":[7]})", "400 malformed"},
    };
    for (const auto &[payload, expected] : table)
        BOOST_TEST(outcome(f.ask(account, account.path, payload)) == expected, payload);
    BOOST_TEST(outcome(f.ask(account, account.path, R"({"contact":["mailto:z@b.example"]})")) ==
               "200");
    const Json shown = Json::parse(f.ask(account, account.path, "").body);
    BOOST_TEST(shown.strings_at("contact").front() == "mailto:z@b.example");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_changed_is_ignored)
{
    ServerFixture f;
    const TestAccount account = f.register_account(f.add_client("web", {"*.a.example"}));
    for (const char *payload :
         {R"({"status":"revoked"})", R"({"status":7})", R"({"orders":"https://x.example/"})",
          R"({"termsOfServiceAgreed":true})", R"({"jwk":{},"eab_kid":""})"}) {
        const CgiResponse response = f.ask(account, account.path, payload);
        BOOST_TEST(outcome(response) == "200", payload);
        BOOST_TEST(response.body == "{\"status\":\"valid\"}\n");
    }
}

BOOST_AUTO_TEST_CASE(payloads_that_are_no_objects_are_malformed)
{
    ServerFixture f;
    const TestAccount account = f.register_account(f.add_client("web", {"*.a.example"}));
    for (const char *payload : {"[]", "7", "{", "null", "\"x\"", "{}{}", "{\"a\":1,\"a\":2}"})
        BOOST_TEST(outcome(f.ask(account, account.path, payload)) == "400 malformed", payload);
}

BOOST_AUTO_TEST_CASE(an_account_sees_itself_alone)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const TestAccount one = f.register_account(client);
    const TestAccount other = f.register_account(client);
    for (const std::string &path :
         {other.path, std::string("/auth/account/web.AAAAAAAAAAAAAAAAAAAAAA"),
          std::string("/auth/account/../../etc/passwd"), std::string("/auth/account/")}) {
        const CgiResponse response = f.ask(one, path, "");
        BOOST_TEST(outcome(response) == "403 unauthorized", path);
        BOOST_TEST(detail_of(response) == "an account sees itself alone");
    }
}

BOOST_AUTO_TEST_CASE(a_deactivated_account_is_refused_everywhere_also_at_new_account)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const TestAccount account = f.register_account(new_key(), eab);
    const CgiResponse gone = f.ask(account, account.path, R"({"status":"deactivated"})");
    BOOST_TEST(outcome(gone) == "200");
    BOOST_TEST(Json::parse(gone.body).string_at("status") == "deactivated");
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "401 unauthorized");
    BOOST_TEST(outcome(change_key(f, account, new_key())) == "401 unauthorized");
    BOOST_TEST(outcome(f.new_account(account.key, eab)) == "401 unauthorized");
    BOOST_TEST(outcome(f.ask(unknown(account.key), new_account_path,
                             R"({"onlyReturnExisting":true})")) == "401 unauthorized");
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "201");
}

BOOST_AUTO_TEST_CASE(a_disabled_client_is_refused_everywhere_and_at_once)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const TestAccount account = f.register_account(new_key(), eab);
    f.set_enabled(client, false);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "403 unauthorized");
    BOOST_TEST(outcome(f.new_account(account.key, eab)) == "403 unauthorized");
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "403 unauthorized");
    f.set_enabled(client, true);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "200");
}

BOOST_AUTO_TEST_CASE(the_binding_key_is_checked_at_every_request_not_at_new_account_only)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const TestAccount account = f.register_account(new_key(), eab);
    f.context.clients.revoke_eab(eab.kid, false);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "401 unauthorized");
    BOOST_TEST(outcome(f.new_account(account.key, eab)) == "401 unauthorized");
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "403 unauthorized");
    // also when only the key says so, since the accounts could not be marked
    const EabKey other = f.add_eab(client);
    const TestAccount second = f.register_account(new_key(), other);
    f.spool.dir().remove_file(ClientNames::eab(other.kid).str());
    BOOST_TEST(outcome(f.ask(second, second.path, "")) == "401 unauthorized");
}

BOOST_AUTO_TEST_CASE(accounts_can_be_kept_when_their_binding_key_is_revoked)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const TestAccount account = f.register_account(new_key(), eab);
    f.context.clients.revoke_eab(eab.kid, true);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "200");
    BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "403 unauthorized");
}

BOOST_AUTO_TEST_CASE(an_account_bound_to_nothing_is_refused)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    f.add_client("other", {"*.b.example"});
    const TestAccount account = f.register_account(client);
    const std::string file = ClientNames::account(account.id()).str();
    const std::string content = f.spool.dir().read_file(file).value();
    const std::size_t at = content.find("\"eab_kid\"");
    const std::size_t end = content.find('\n', at);
    const std::string without = content.substr(0, at) + content.substr(end);
    std::string foreign = content;
    foreign.replace(content.find("web.", at), 4, "other.");
    for (const std::string &text : {without, foreign, std::string(), std::string("{}")}) {
        replace_file(f.spool.dir(), "tmp", file, text, 0600);
        BOOST_TEST(outcome(f.ask(account, account.path, "")) == "400 accountDoesNotExist", text);
    }
    replace_file(f.spool.dir(), "tmp", file, content, 0600);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "200");
}

BOOST_AUTO_TEST_CASE(a_malformed_policy_denies)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const EabKey eab = f.add_eab(client);
    const TestAccount account = f.register_account(new_key(), eab);
    const std::string file = ClientNames::client(client, ClientFile::client).str();
    for (const char *text : {"", "{}", "{\"format\":1}",
                             R"({"format":1,"enabled":true,"modes":["gateway"],"allow":["*"]})",
                             R"({"format":1,"enabled":true,"modes":["gateway"]})",
                             R"({"format":2,"enabled":true,"modes":["gateway"],"allow":[]})"}) {
        replace_file(f.spool.dir(), "tmp", file, text, 0600);
        BOOST_TEST(outcome(f.ask(account, account.path, "")) == "403 unauthorized", text);
        BOOST_TEST(outcome(f.new_account(new_key(), eab)) == "403 unauthorized", text);
    }
    f.spool.dir().remove_file(file);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "403 unauthorized");
}

BOOST_AUTO_TEST_CASE(a_removed_client_is_gone_and_its_keys_are_free)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const TestAccount account = f.register_account(client);
    f.context.clients.remove(client);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "400 accountDoesNotExist");
    const EabKey eab = f.add_eab(f.add_client("next", {"*.b.example"}));
    BOOST_TEST(outcome(f.new_account(account.key, eab)) == "201");
}

BOOST_AUTO_TEST_CASE(a_key_is_changed_for_another_type)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    TestAccount account = f.register_account(client);
    for (const KeyType type : {KeyType::ec384, KeyType::rsa2048, KeyType::ed25519}) {
        PrivateKey key = PrivateKey::generate(type);
        const CgiResponse response = change_key(f, account, key);
        BOOST_TEST(outcome(response) == "200");
        BOOST_TEST(header_of(response, "Location") == account.kid);
        BOOST_TEST(outcome(f.ask(account, account.path, "")) == "401 unauthorized");
        account.key = std::move(key);
        BOOST_TEST(outcome(f.ask(account, account.path, "")) == "200");
    }
    BOOST_TEST(f.list("keys").size() == 2U); // one claim, and the lock
}

BOOST_AUTO_TEST_CASE(a_key_that_is_taken_is_answered_by_409_and_whose_it_is)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const TestAccount one = f.register_account(client);
    const TestAccount two = f.register_account(client);
    const CgiResponse taken = change_key(f, one, two.key);
    BOOST_TEST(outcome(taken) == "409 malformed");
    BOOST_TEST(header_of(taken, "Location") == two.kid);
    const CgiResponse own = change_key(f, one, one.key);
    BOOST_TEST(outcome(own) == "409 malformed");
    BOOST_TEST(header_of(own, "Location") == one.kid);
    BOOST_TEST(outcome(f.ask(one, one.path, "")) == "200");
}

BOOST_AUTO_TEST_CASE(the_inner_jws_of_a_key_change_is_checked)
{
    ServerFixture f;
    const ClientId client = f.add_client("web", {"*.a.example"});
    const TestAccount account = f.register_account(client);
    const TestAccount other = f.register_account(client);
    const PrivateKey key = new_key();
    const std::string url = f.url("/auth/key-change");
    const Json jwk = to_jwk(key.public_key());
    const Json old_key = to_jwk(account.key.public_key());
    const Json sound = Json::object().set("account", account.kid).set("oldKey", old_key);
    const Json header = Json::object().set("jwk", jwk).set("url", url);
    const auto with = [](Json json, const char *name, const Json &value) {
        return std::move(json.set(name, value));
    };
    const std::vector<std::pair<std::string, std::string>> table = {
        {sign_jws(key, with(header, "nonce", f.nonce()), sound.to_text()),
         "the inner JWS must hold neither nonce nor kid"},
        {sign_jws(key, with(header, "kid", account.kid), sound.to_text()),
         "the inner JWS must hold neither nonce nor kid"},
        {sign_jws(key, with(header, "url", f.url("/auth/new-account")), sound.to_text()),
         "the inner url is not the outer one"},
        {sign_jws(new_key(), header, sound.to_text()),
         "the inner signature does not verify with the new key"},
        {sign_jws(key, header, with(sound, "account", other.kid).to_text()),
         "the inner JWS is about another account"},
        {sign_jws(key, header, with(sound, "oldKey", jwk).to_text()),
         "\"oldKey\" is not the account's key"},
    };
    for (const auto &[inner, detail] : table) {
        const CgiResponse response = f.ask(account, "/auth/key-change", inner);
        BOOST_TEST(outcome(response) == "400 malformed");
        BOOST_TEST(detail_of(response) == detail);
    }
    for (const std::string &inner : {std::string("{}"), std::string("x"),
                                     sign_jws(key, Json::object().set("url", url), sound.to_text()),
                                     sign_jws(key, Json::object().set("jwk", jwk), sound.to_text()),
                                     sign_jws(key, header, "{}"), sign_jws(key, header, "")})
        BOOST_TEST(outcome(f.ask(account, "/auth/key-change", inner)) == "400 malformed", inner);
    BOOST_TEST(outcome(f.ask(account, account.path, "")) == "200");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_404_and_what_came_without_tls_is_refused)
{
    ServerFixture f;
    for (const char *path : {"/", "/auth", "/auth/", "/auth/new-order", "/gateway/new-order",
                             "/auth/new-nonce/", "/auth/new-nonce%2f"})
        BOOST_TEST(outcome(auth_response(f.context, get_request(path))) == "404 malformed", path);
    const CgiRequest plain = cgi_request(
        {{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/auth/new-nonce"}, {"HTTPS", ""}}, "");
    BOOST_TEST(outcome(auth_response(f.context, plain)) == "403 malformed");
}

BOOST_AUTO_TEST_CASE(answers_to_posts_carry_a_nonce_errors_included)
{
    ServerFixture f;
    for (const char *path : {"/auth/new-account", "/auth/account/x", "/auth/nothing"}) {
        const CgiResponse response = auth_response(f.context, post_request(path, "{}"));
        BOOST_TEST(response.status >= 400);
        BOOST_TEST(header_of(response, "Content-Type") == "application/problem+json");
        BOOST_TEST(is_our_nonce(f.context, header_of(response, "Replay-Nonce")), path);
        BOOST_TEST(header_of(response, "Cache-Control") == "no-store");
    }
}

BOOST_AUTO_TEST_SUITE_END()
