// SPDX-License-Identifier: MIT
#include "renew/agent_requests.h"

#include "renew/agent_policy.h"
#include "unit/agent_fixture.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture : AgentFixture {
    const AgentRequests requests{spool};
    CaContexts cas{spool, renew, clock};

    static LineageName named(const std::string &name) { return LineageName::parse(name); }
    AgentWish wish(const TestAccount &account, AgentWish::Kind kind,
                   const std::vector<std::string> &names = {}) const
    {
        AgentWish wish;
        wish.kind = kind;
        wish.account = account.id().str();
        wish.made = clock.now();
        wish.identifiers = identifiers(names);
        wish.recipients = {AgeRecipient::parse(recipient)};
        return wish;
    }
    void put(const TestAccount &account, const std::string &lineage,
             const std::vector<std::string> &names)
    {
        requests.put(named(lineage), wish(account, AgentWish::Kind::want, names));
    }
    /// "applied refused failed".
    std::string apply()
    {
        const RequestsResult result = apply_agent_requests(spool, renew, cas, clock);
        return std::to_string(result.applied) + " " + std::to_string(result.refused) + " " +
               std::to_string(result.failed);
    }
    std::string refusal(const std::string &lineage)
    {
        const auto found = requests.refusal(named(lineage));
        return found ? found->type + ": " + found->detail : "";
    }
    bool has(const std::string &lineage) { return Lineage(spool, named(lineage)).exists(); }
    std::string claimant(const std::string &name)
    {
        return spool.read(AgentNames::claim(ClaimName::parse(name))).value_or("");
    }
    void change_policy(const std::string &client, const std::function<void(ClientPolicy &)> &change)
    {
        ClientPolicy policy = context.clients.load_policy(ClientId::parse(client));
        change(policy);
        context.clients.save_policy(ClientId::parse(client), policy);
    }
};

}

BOOST_FIXTURE_TEST_SUITE(agent_requests_applied_test, Fixture)

BOOST_AUTO_TEST_CASE(a_wish_becomes_a_sealed_lineage_that_is_due)
{
    put(web, "web@a.example", {"a.example"});
    BOOST_TEST(apply() == "1 0 0");
    const Lineage lineage(spool, named("web@a.example"));
    const LineageSpec spec = lineage.spec();
    BOOST_TEST(spec.deliver == "sealed");
    BOOST_TEST(spec.source == "acme");
    BOOST_TEST(spec.owner->str() == "web");
    BOOST_TEST(spec.hook == "");
    BOOST_TEST(spec.recipients.front().text() == recipient);
    BOOST_TEST(claimant("a.example") == "web\n");
    BOOST_TEST(requests.list().empty());
    BOOST_TEST(apply() == "0 0 0");
}

BOOST_AUTO_TEST_CASE(the_renewer_checks_for_itself)
{
    const std::vector<std::pair<std::function<void()>, std::string>> table = {
        {[&] { put(web, "web@x", {"x.example"}); },
         "rejectedIdentifier: x.example: this client may not have it"},
        {[&] { put(mail, "web@x", {"a.example"}); },
         "unauthorized: the account that asked is not valid any more"},
        {[&] {
             AgentWish none = wish(web, AgentWish::Kind::want, {"a.example"});
             none.recipients.clear();
             requests.put(named("web@x"), none);
         },
         "malformed: there is no recipient to seal for"},
        {[&] {
             AgentWish other = wish(web, AgentWish::Kind::want, {"a.example"});
             other.csr =
                 Csr::make(PrivateKey::generate(KeyType::ec256), identifiers({"b.example"})).pem();
             requests.put(named("web@x"), other);
         },
         "badCSR: the request is for other names"},
        {[&] {
             std::vector<std::string> many;
             for (int i = 0; i <= 100; ++i)
                 many.push_back("n" + std::to_string(i) + ".shared.example");
             put(web, "web@x", many);
         },
         "malformed: 101 names are more than an order takes"},
        {[&] { requests.put(named("web@x"), wish(web, AgentWish::Kind::renew)); },
         "unauthorized: there is no such certificate"},
    };
    for (const auto &[make, expected] : table) {
        make();
        BOOST_TEST(apply() == "0 1 0", expected);
        BOOST_TEST(refusal("web@x") == expected);
        BOOST_TEST(!has("web@x"));
        BOOST_TEST(requests.list().empty());
    }
    BOOST_TEST(list("names").size() <= 1U); // the lock
}

// A pass that is still at the wish before writes its refusal when the new one is there already.
BOOST_AUTO_TEST_CASE(what_is_applied_leaves_no_refusal_of_an_older_wish)
{
    put(web, "web@a.example", {"a.example"});
    requests.refuse(named("web@a.example"), {"want", "rejectedIdentifier", "no", clock.now()});
    BOOST_TEST(apply() == "1 0 0");
    BOOST_TEST(!requests.refusal(named("web@a.example")));
}

BOOST_AUTO_TEST_CASE(a_refusal_that_cannot_be_written_stops_no_other_wish)
{
    put(web, "web@x", {"x.example"});
    spool.dir().make_dir("requests/web@x.refused", 0700); // no file can take its place
    put(web, "web@a.example", {"a.example"});
    BOOST_TEST(apply() == "1 0 1");
    BOOST_TEST(has("web@a.example"));
    BOOST_TEST(requests.list().size() == 1U); // for the next pass
}

BOOST_AUTO_TEST_CASE(who_is_disabled_meanwhile_gets_nothing)
{
    put(web, "web@a.example", {"a.example"});
    set_enabled(ClientId::parse("web"), false);
    BOOST_TEST(apply() == "0 1 0");
    BOOST_TEST(!has("web@a.example"));
    set_enabled(ClientId::parse("web"), true);
    put(web, "web@a.example", {"a.example"});
    change_policy("web", [](ClientPolicy &policy) { policy.modes = {"gateway"}; });
    BOOST_TEST(apply() == "0 1 0");
    BOOST_TEST(!has("web@a.example"));
}

BOOST_AUTO_TEST_CASE(of_two_who_want_a_name_the_first_gets_it)
{
    put(web, "web@s", {"s.shared.example"});
    put(mail, "mail@s", {"s.shared.example"});
    spool.dir().set_mtime("requests/web@s.json", 20);
    spool.dir().set_mtime("requests/mail@s.json", 10);
    BOOST_TEST(apply() == "1 1 0");
    BOOST_TEST(has("mail@s"));
    BOOST_TEST(!has("web@s"));
    BOOST_TEST(refusal("web@s") ==
               "rejectedIdentifier: s.shared.example: this client may not have it");
}

BOOST_AUTO_TEST_CASE(a_change_keeps_what_the_operator_set)
{
    issue("web", "a.example");
    const Lineage lineage(spool, named("web@a.example"));
    LineageSpec spec = lineage.spec();
    spec.ca = "lab";
    spec.escrow = AgeIdentity::generate().recipient();
    lineage.write_spec(spec);
    NameClaims(spool).claim(ClientId::parse("web"), identifiers({"a.example"}));
    lineage.set_due(clock.now() + std::chrono::hours(5));
    put(web, "web@a.example", {"b.example"});
    BOOST_TEST(apply() == "1 0 0");
    const LineageSpec after = lineage.spec();
    BOOST_TEST(to_text(after.identifiers) == "b.example");
    BOOST_TEST(after.ca == "lab");
    BOOST_TEST((after.escrow == spec.escrow));
    BOOST_TEST((*lineage.due() == clock.now()));
    BOOST_TEST(claimant("a.example") == "");
    BOOST_TEST(claimant("b.example") == "web\n");
}

BOOST_AUTO_TEST_CASE(a_lineage_that_is_worked_on_is_waited_for)
{
    issue("web", "a.example");
    {
        const auto lock = Lineage(spool, named("web@a.example")).lock();
        put(web, "web@a.example", {"b.example"});
        BOOST_TEST(apply() == "0 0 0");
        BOOST_TEST(!requests.list().empty());
    }
    BOOST_TEST(apply() == "1 0 0");
}

BOOST_AUTO_TEST_CASE(a_renewal_is_asked_for_and_bounded)
{
    issue("web", "a.example");
    requests.put(named("web@a.example"), wish(web, AgentWish::Kind::renew));
    BOOST_TEST(apply() == "1 0 0");
    BOOST_TEST(spool.exists(SpoolNames::lineage(named("web@a.example"), LineageFile::renew)));
    issue("web", "a.example", 2);
    requests.put(named("web@a.example"), wish(web, AgentWish::Kind::renew));
    BOOST_TEST(apply() == "0 1 0");
    BOOST_TEST(refusal("web@a.example") ==
               "rateLimited: it was renewed twice in the last 24 hours");
}

BOOST_AUTO_TEST_CASE(what_is_deleted_is_gone_and_its_names_are_free)
{
    put(web, "web@s", {"s.shared.example"});
    apply();
    requests.put(named("web@s"), wish(web, AgentWish::Kind::remove));
    BOOST_TEST(apply() == "1 0 0");
    BOOST_TEST(!has("web@s"));
    BOOST_TEST(claimant("s.shared.example") == "");
    requests.put(named("web@s"), wish(web, AgentWish::Kind::remove));
    BOOST_TEST(apply() == "1 0 0"); // a repetition
    put(mail, "mail@s", {"s.shared.example"});
    BOOST_TEST(apply() == "1 0 0");
}

BOOST_AUTO_TEST_CASE(a_lineage_that_only_bears_the_name_is_not_touched)
{
    LineageSpec spec;
    spec.identifiers = identifiers({"a.example"});
    Lineage::create(spool, named("web@a.example"), spec);
    for (const auto kind :
         {AgentWish::Kind::want, AgentWish::Kind::renew, AgentWish::Kind::remove}) {
        requests.put(named("web@a.example"), wish(web, kind, {"a.example"}));
        BOOST_TEST(apply() == "0 1 0");
        BOOST_TEST(has("web@a.example"));
        BOOST_TEST(Lineage(spool, named("web@a.example")).spec().deliver == "files");
    }
}

BOOST_AUTO_TEST_CASE(as_many_lineages_as_the_client_may_have)
{
    change_policy("web", [](ClientPolicy &policy) { policy.max_lineages = 1; });
    put(web, "web@a", {"a.example"});
    BOOST_TEST(apply() == "1 0 0");
    put(web, "web@b", {"b.example"});
    BOOST_TEST(apply() == "0 1 0");
    BOOST_TEST(refusal("web@b") ==
               "unauthorized: this client has 1 certificates, as many as it may");
    BOOST_TEST(claimant("b.example") == "");
}

BOOST_AUTO_TEST_CASE(a_wish_that_cannot_be_read_stops_no_other)
{
    replace_file(spool.dir(), "tmp", "requests/mail@m.json", "{", 0600);
    put(web, "web@a.example", {"a.example"});
    BOOST_TEST(apply() == "1 0 1");
    BOOST_TEST(requests.list().empty());
}

BOOST_AUTO_TEST_CASE(an_owner_is_looked_at_before_each_order)
{
    const LineageSpec spec = spec_for("web", {"a.example"});
    check_agent_lineage(spool, spec);
    change_policy("web", [](ClientPolicy &policy) { policy.names.clear(); });
    BOOST_CHECK_THROW(check_agent_lineage(spool, spec), Problem);
    change_policy("web", [](ClientPolicy &policy) {
        policy.names = {NamePattern::parse("a.example")};
        policy.profiles = {"short"};
    });
    check_agent_lineage(spool, spec);
    LineageSpec other = spec;
    other.profile = "long";
    BOOST_CHECK_THROW(check_agent_lineage(spool, other), Problem);
    set_enabled(ClientId::parse("web"), false);
    BOOST_CHECK_THROW(check_agent_lineage(spool, spec), Problem);
}

BOOST_AUTO_TEST_CASE(only_what_ca_and_policy_said_is_for_the_client)
{
    BOOST_TEST(words_for_client(Problem("rejectedIdentifier", "no")) == "rejectedIdentifier: no");
    BOOST_TEST(words_for_client(Error("open /var/spool/x: no")) == "");
}

BOOST_AUTO_TEST_SUITE_END()
