// SPDX-License-Identifier: MIT
// Accounts and the claims of their keys, and what crashes leave of them.
#include "jose/jwk.h"
#include "spool/client_store.h"

#include "spool/agent_names.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

using namespace acmeproxy;

namespace {

struct Fixture {
    Fixture()
        : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base), store(spool),
          client(ClientId::parse("web"))
    {
        ClientPolicy policy;
        policy.modes = {"gateway"};
        store.create(client, policy);
    }

    ClientAccount account_of(const PublicKey &key) const
    {
        return {ClientScopedId::make(client),
                to_jwk(key),
                jwk_thumbprint(key),
                "valid",
                {},
                "",
                clock.now()};
    }
    ClientAccount add(const PrivateKey &key) const
    {
        const ClientAccount account = account_of(key.public_key());
        BOOST_TEST(store.create_account(account));
        return account;
    }
    std::string claim_of(const PrivateKey &key) const
    {
        return ClientNames::key(Thumbprint::parse(jwk_thumbprint(key.public_key()))).str();
    }
    void claim(const PrivateKey &key, const std::string &text) const
    {
        replace_file(spool.dir(), "tmp", claim_of(key), text, 0600);
    }
    /// Whom the key leads to; "" is nobody.
    std::string owner(const PrivateKey &key) const
    {
        const auto found = store.account_by_key(jwk_thumbprint(key.public_key()));
        return found ? found->id.str() : "";
    }
    std::string status_of(const ClientAccount &account) const
    {
        const auto found = store.account(account.id);
        return found ? found->status : "";
    }
    void set_age(const ClientAccount &account, Seconds age) const
    {
        spool.dir().set_mtime(ClientNames::account(account.id).str(),
                              (clock.now() - age).time_since_epoch().count());
    }

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    ClientStore store;
    ClientId client;
    FakeClock clock;
};

PrivateKey new_key()
{
    return PrivateKey::generate(KeyType::ec256);
}

}

BOOST_FIXTURE_TEST_SUITE(client_accounts_test, Fixture)

BOOST_AUTO_TEST_CASE(an_account_is_found_by_its_id_and_by_its_key)
{
    const PrivateKey key = new_key();
    ClientAccount account = account_of(key.public_key());
    account.contact = {"mailto:a@b.example"};
    account.eab_kid = "web.AAAAAAAAAAAAAAAAAAAAAA";
    BOOST_TEST(store.create_account(account));
    const auto found = store.account(account.id);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST((found->jwk == account.jwk));
    BOOST_TEST(found->thumbprint == account.thumbprint);
    BOOST_TEST(found->contact == account.contact, boost::test_tools::per_element());
    BOOST_TEST(found->eab_kid == account.eab_kid);
    BOOST_TEST((found->created == account.created));
    BOOST_TEST(owner(key) == account.id.str());
    BOOST_TEST(owner(new_key()) == "");
    BOOST_TEST(spool.dir().list("tmp").empty());
}

BOOST_AUTO_TEST_CASE(one_key_has_one_account)
{
    const PrivateKey key = new_key();
    const ClientAccount first = add(key);
    const ClientAccount second = account_of(key.public_key());
    BOOST_TEST(!store.create_account(second));
    BOOST_TEST(!store.account(second.id));
    BOOST_TEST(owner(key) == first.id.str());
}

BOOST_AUTO_TEST_CASE(of_many_accounts_of_one_key_at_once_one_is_made)
{
    const PrivateKey key = new_key();
    std::atomic<int> made_count = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i)
            threads.emplace_back([&] {
                owner(key); // a look-up repairs nothing that is being made
                made_count += store.create_account(account_of(key.public_key()));
            });
    }
    BOOST_TEST(made_count == 1);
    BOOST_TEST(store.accounts(client).size() == 1U);
    BOOST_TEST(owner(key) == store.accounts(client).front().id.str());
}

BOOST_AUTO_TEST_CASE(a_crash_between_claim_and_account_leaves_the_key_free)
{
    const PrivateKey key = new_key();
    claim(key, ClientScopedId::make(client).str() + "\n");
    const ClientAccount account = add(key); // repairs it
    BOOST_TEST(owner(key) == account.id.str());

    const PrivateKey other = new_key();
    claim(other, ClientScopedId::make(client).str() + "\n");
    BOOST_TEST(owner(other) == "");
    BOOST_TEST(!spool.dir().exists(claim_of(other)));
}

BOOST_AUTO_TEST_CASE(damaged_and_foreign_claims_lead_nowhere)
{
    const PrivateKey key = new_key();
    const ClientAccount account = add(new_key());
    for (const std::string &text :
         {std::string(), std::string("\n"), std::string("../../etc/passwd"), std::string("web"),
          std::string("gone.AAAAAAAAAAAAAAAAAAAAAA\n"), account.id.str() + "\n"}) {
        claim(key, text);
        BOOST_TEST(owner(key) == "", text);
        BOOST_TEST(!spool.dir().exists(claim_of(key)), text);
    }
}

BOOST_AUTO_TEST_CASE(damaged_accounts_are_passed_over)
{
    const PrivateKey key = new_key();
    const ClientAccount damaged = add(key);
    const ClientAccount sound = add(new_key());
    for (const char *text : {"", "{}", R"({"format":1,"jwk":{},"status":"valid"})"}) {
        replace_file(spool.dir(), "tmp", ClientNames::account(damaged.id).str(), text, 0600);
        BOOST_TEST(!store.account(damaged.id), text);
        BOOST_TEST(store.accounts(client).size() == 1U);
    }
    replace_file(spool.dir(), "tmp", "clients/web/accounts/junk.json", "x", 0600);
    BOOST_TEST(store.accounts(client).front().id.str() == sound.id.str());
    BOOST_TEST(owner(key) == "");
}

BOOST_AUTO_TEST_CASE(a_stored_thumbprint_is_not_trusted)
{
    const PrivateKey key = new_key();
    const ClientAccount account = add(key);
    Json json = Json::parse(spool.read(ClientNames::account(account.id)).value());
    json.set("thumbprint", jwk_thumbprint(new_key().public_key()));
    spool.write_json(ClientNames::account(account.id), json);
    BOOST_TEST(store.account(account.id)->thumbprint == account.thumbprint);
}

BOOST_AUTO_TEST_CASE(a_change_of_keys_leaves_one_claim)
{
    const PrivateKey old_key = new_key(), key = new_key();
    const ClientAccount account = add(old_key);
    BOOST_TEST((store.change_key(account, key.public_key()) == ClientStore::KeyChange::done));
    BOOST_TEST(owner(key) == account.id.str());
    BOOST_TEST(owner(old_key) == "");
    BOOST_TEST(spool.dir().list("keys").size() == 2U); // with the lock
}

BOOST_AUTO_TEST_CASE(each_prefix_of_a_key_change_leaves_a_working_account)
{
    // The steps are: claim of the new key, account, removal of the old claim.
    for (int done = 0; done <= 3; ++done) {
        const PrivateKey old_key = new_key(), key = new_key();
        const ClientAccount account = add(old_key);
        if (done >= 1)
            claim(key, account.id.str() + "\n");
        if (done >= 2) {
            Json json = Json::parse(spool.read(ClientNames::account(account.id)).value());
            spool.write_json(ClientNames::account(account.id),
                             json.set("jwk", to_jwk(key.public_key())));
        }
        if (done >= 3)
            spool.dir().remove_file(claim_of(old_key));
        const bool changed = done >= 2;
        // the account works with one of both keys, and that one leads to it
        BOOST_TEST(store.account(account.id)->thumbprint ==
                   jwk_thumbprint((changed ? key : old_key).public_key()));
        BOOST_TEST(owner(changed ? key : old_key) == account.id.str(), done);
        BOOST_TEST(owner(changed ? old_key : key) == "", done);
    }
}

BOOST_AUTO_TEST_CASE(a_key_change_that_was_cut_off_is_repeated)
{
    for (int done = 0; done <= 1; ++done) {
        const PrivateKey old_key = new_key(), key = new_key();
        const ClientAccount account = add(old_key);
        if (done == 1)
            claim(key, account.id.str() + "\n");
        BOOST_TEST((store.change_key(account, key.public_key()) == ClientStore::KeyChange::done));
        BOOST_TEST(owner(key) == account.id.str());
        BOOST_TEST(!spool.dir().exists(claim_of(old_key)));
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_taken_is_not_taken_away)
{
    const PrivateKey one_key = new_key(), other_key = new_key();
    const ClientAccount one = add(one_key), other = add(other_key);
    BOOST_TEST((store.change_key(one, other_key.public_key()) == ClientStore::KeyChange::taken));
    BOOST_TEST((store.change_key(one, one_key.public_key()) == ClientStore::KeyChange::taken));
    BOOST_TEST(owner(one_key) == one.id.str());
    BOOST_TEST(owner(other_key) == other.id.str());
}

BOOST_AUTO_TEST_CASE(of_two_changes_of_one_key_one_counts)
{
    const PrivateKey old_key = new_key(), first = new_key(), second = new_key();
    const ClientAccount account = add(old_key);
    BOOST_TEST((store.change_key(account, first.public_key()) == ClientStore::KeyChange::done));
    BOOST_TEST(
        (store.change_key(account, second.public_key()) == ClientStore::KeyChange::outdated));
    BOOST_TEST(owner(first) == account.id.str());
    BOOST_TEST(owner(second) == "");
    const ClientAccount gone = account_of(new_key().public_key());
    BOOST_TEST(
        (store.change_key(gone, new_key().public_key()) == ClientStore::KeyChange::outdated));
}

BOOST_AUTO_TEST_CASE(no_two_accounts_get_one_key_at_once)
{
    const PrivateKey wanted = new_key();
    std::vector<ClientAccount> accounts;
    for (int i = 0; i < 5; ++i)
        accounts.push_back(add(new_key()));
    std::atomic<int> winners = 0;
    {
        std::vector<std::jthread> threads;
        for (const ClientAccount &account : accounts)
            threads.emplace_back([&] {
                winners +=
                    store.change_key(account, wanted.public_key()) == ClientStore::KeyChange::done;
                owner(wanted);
            });
    }
    BOOST_TEST(winners == 1);
    BOOST_TEST(owner(wanted) != "");
}

BOOST_AUTO_TEST_CASE(a_change_does_not_undo_another)
{
    const PrivateKey old_key = new_key(), key = new_key();
    const ClientAccount account = add(old_key);
    store.change_key(account, key.public_key());
    const auto changed = store.update_account(
        account.id, [](ClientAccount &one) { one.contact = {"mailto:a@b.example"}; });
    BOOST_TEST(changed->thumbprint == jwk_thumbprint(key.public_key()));
    BOOST_TEST(owner(key) == account.id.str());
    BOOST_TEST(!store.update_account(ClientScopedId::make(client), [](ClientAccount &) {}));
}

BOOST_AUTO_TEST_CASE(revoking_a_binding_key_ends_its_accounts_and_no_others)
{
    const EabKey revoked = store.add_eab(client, false, std::nullopt, clock.now());
    const EabKey kept = store.add_eab(client, false, std::nullopt, clock.now());
    const EabKey other = store.add_eab(client, false, std::nullopt, clock.now());
    const auto bound_to = [&](const EabKey &key, const char *status) {
        ClientAccount account = account_of(new_key().public_key());
        account.eab_kid = key.kid.str();
        account.status = status;
        store.create_account(account);
        return account;
    };
    const ClientAccount ended = bound_to(revoked, "valid");
    const ClientAccount was_over = bound_to(revoked, "deactivated");
    const ClientAccount stays = bound_to(kept, "valid");
    const ClientAccount unconcerned = bound_to(other, "valid");
    store.revoke_eab(revoked.kid, false);
    store.revoke_eab(kept.kid, true);
    BOOST_TEST(status_of(ended) == "revoked");
    BOOST_TEST(status_of(was_over) == "deactivated");
    BOOST_TEST(status_of(stays) == "valid");
    BOOST_TEST(store.account(stays.id)->eab_kid == "");
    BOOST_TEST(status_of(unconcerned) == "valid");
    BOOST_TEST(store.eab(revoked.kid)->revoked);
    BOOST_TEST(store.eab(kept.kid)->revoked);
    BOOST_TEST(!store.eab(other.kid)->revoked);
}

BOOST_AUTO_TEST_CASE(idle_accounts_are_swept_and_ended_ones_keep_their_key_refused_for_90_days)
{
    using std::chrono::days;
    struct Case {
        const char *status;
        Seconds age;
        bool swept;
    };
    const std::vector<Case> table = {
        {"valid", days(0), false},
        {"valid", days(365), false},
        {"valid", days(365) + Seconds(1), true},
        {"deactivated", days(90), false},
        {"deactivated", days(90) + Seconds(1), true},
        {"revoked", days(90), false},
        {"revoked", days(91), true},
    };
    std::vector<PrivateKey> keys;
    std::vector<ClientAccount> accounts;
    for (const Case &one : table) {
        keys.push_back(new_key());
        ClientAccount account = account_of(keys.back().public_key());
        account.status = one.status;
        store.create_account(account);
        set_age(account, one.age);
        accounts.push_back(account);
    }
    BOOST_TEST(store.sweep_accounts(clock.now()) == 3);
    for (std::size_t i = 0; i < table.size(); ++i) {
        BOOST_TEST(store.account(accounts[i].id).has_value() != table[i].swept, i);
        BOOST_TEST(spool.dir().exists(claim_of(keys[i])) != table[i].swept, i);
    }
    BOOST_TEST(store.sweep_accounts(clock.now()) == 0);
}

BOOST_AUTO_TEST_CASE(the_sweep_leaves_what_cannot_be_read)
{
    const ClientAccount account = add(new_key());
    replace_file(spool.dir(), "tmp", ClientNames::account(account.id).str(), "{", 0600);
    set_age(account, std::chrono::days(1000));
    BOOST_TEST(store.sweep_accounts(clock.now()) == 0);
    BOOST_TEST(spool.exists(ClientNames::account(account.id)));
}

BOOST_AUTO_TEST_CASE(an_account_is_touched_once_an_hour)
{
    const ClientAccount account = add(new_key());
    const auto age = [&] {
        return clock.now() -
               Time(Seconds(spool.dir().status(ClientNames::account(account.id).str())->st_mtime));
    };
    set_age(account, Seconds(3600));
    store.touch_account(account.id, clock.now());
    BOOST_TEST((age() == Seconds(3600)));
    set_age(account, Seconds(3601));
    store.touch_account(account.id, clock.now());
    BOOST_TEST((age() == Seconds(0)));
    store.touch_account(ClientScopedId::make(client), clock.now()); // of nobody: nothing
}

BOOST_AUTO_TEST_CASE(a_note_of_use_keeps_an_account_from_the_sweep)
{
    const ClientAccount account = add(new_key());
    set_age(account, std::chrono::days(1000));
    const ClientScopedId nobody = ClientScopedId::make(client);
    for (const ClientScopedId &id : {account.id, nobody}) {
        spool.touch(AgentNames::account_used(id));
        spool.dir().set_mtime(AgentNames::account_used(id).str(),
                              (clock.now() - Seconds(60)).time_since_epoch().count());
    }
    spool.dir().make_dir("requests/tmp", 0770);
    BOOST_TEST(store.sweep_accounts(clock.now()) == 0);
    const auto st = spool.dir().status(ClientNames::account(account.id).str());
    BOOST_TEST((clock.now() - Time(Seconds(st->st_mtime)) == Seconds(60)));
    BOOST_TEST(!spool.exists(AgentNames::account_used(account.id)));
    BOOST_TEST(!spool.exists(AgentNames::account_used(nobody)));
    BOOST_TEST(!spool.exists(ClientNames::account(nobody)));
}

BOOST_AUTO_TEST_SUITE_END()
