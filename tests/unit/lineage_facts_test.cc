// SPDX-License-Identifier: MIT
// What a crash, a full disk or a damaged disk leaves of a lineage, and what is made of it.
#include "spool/lineage.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

/// "state: step generation", then the damage in words.
struct Seen {
    std::string what;
    std::string damage;
};

Seen look(const Lineage &lineage, bool renewal_needed = false)
{
    std::vector<std::string> damage;
    const LineageFacts facts = lineage.facts(lineage.spec(), &damage);
    const Next next = next_step(facts, renewal_needed);
    Seen seen;
    seen.what = std::string(to_text(state_of(facts))) + ": " + std::string(to_text(next.step)) +
                " " + std::to_string(next.generation);
    for (const std::string &text : damage)
        seen.damage += text + "\n";
    return seen;
}

OrderRecord order_of(Generation number)
{
    return {"pebble",
            "https://ca.example/dir",
            "https://ca.example/a/1",
            "https://ca.example/o/1",
            number,
            TestCa::epoch};
}

/// A live and deployed generation 1 and, begun beside it, 2.
struct Renewal : SpoolFixture {
    Renewal() : lineage(add("a.example"))
    {
        deploy(lineage, 1);
        begin(lineage, 2);
    }
    std::string path(const std::string &file) const { return "certs/a.example/" + file; }
    Lineage lineage;
};

/// What a disk may have made of a file.
const std::vector<std::string> ruins = {"", "garbage", std::string(100, '\0'),
                                        "-----BEGIN CERTIFICATE-----\nMIIB"};

}

BOOST_AUTO_TEST_SUITE(lineage_facts_test)

BOOST_AUTO_TEST_CASE(each_arrow_leads_to_the_next_state)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    BOOST_TEST(look(lineage).what == "wanted: begin 1");
    SpoolFixture::begin(lineage, 1);
    BOOST_TEST(look(lineage).what == "keyed: order 1");
    lineage.write_order(order_of(1));
    BOOST_TEST(look(lineage).what == "ordered: resume 1");
    f.commit(lineage, 1);
    BOOST_TEST(look(lineage).what == "issued: switch live 1");
    lineage.switch_live(1);
    BOOST_TEST(look(lineage).what == "live: drop order 1");
    lineage.drop_order();
    BOOST_TEST(look(lineage).what == "live: deploy 1");
    BOOST_TEST(look(lineage, true).what == "live: begin 2");
    lineage.mark_deployed(1);
    BOOST_TEST(look(lineage).what == "deployed: wait 1");
    BOOST_TEST(look(lineage, true).what == "deployed: begin 2");
    BOOST_TEST(look(lineage).damage == "");
}

BOOST_AUTO_TEST_CASE(a_commit_that_was_cut_short_is_resumed)
{
    Renewal f;
    f.lineage.write_order(order_of(2));
    f.commit(f.lineage, 2);
    // The files in the order in which they are written; fullchain.pem commits.
    const std::string full = f.content(f.path("gen/0002/fullchain.pem"));
    f.remove(f.path("gen/0002/fullchain.pem"));
    BOOST_TEST(look(f.lineage).what == "ordered: resume 2");
    f.remove(f.path("gen/0002/chain.pem"));
    BOOST_TEST(look(f.lineage).what == "ordered: resume 2");
    f.remove(f.path("gen/0002/cert.pem"));
    BOOST_TEST(look(f.lineage).what == "ordered: resume 2");
    BOOST_TEST(look(f.lineage).damage == "");
    f.overwrite(f.path("gen/0002/fullchain.pem"), full);
    BOOST_TEST(look(f.lineage).what == "issued: switch live 2");
    f.lineage.complete(2);
    BOOST_TEST(f.lineage.is_complete(2));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_cannot_be_read_is_not_there)
{
    for (const std::string &ruin : ruins) {
        Renewal f;
        f.lineage.write_order(order_of(2));
        f.overwrite(f.path("gen/0002/fullchain.pem"), ruin);
        const Seen seen = look(f.lineage);
        BOOST_TEST(seen.what == "ordered: resume 2");
        BOOST_TEST(seen.damage == f.base + "/certs/a.example/gen/0002/fullchain.pem cannot be read "
                                           "as certificates\n");
    }
}

BOOST_AUTO_TEST_CASE(a_live_certificate_that_cannot_be_read_gives_way)
{
    for (const std::string &ruin : ruins) {
        SpoolFixture f;
        const Lineage lineage = f.add("a.example");
        f.deploy(lineage, 1);
        f.deploy(lineage, 2);
        f.overwrite("certs/a.example/gen/0002/fullchain.pem", ruin);
        BOOST_TEST(look(lineage).what == "keyed: switch live 1");
        lineage.switch_live(1);
        BOOST_TEST(look(lineage).what == "keyed: order 2");
        f.commit(lineage, 2);
        BOOST_TEST(look(lineage).what == "issued: switch live 2");
        lineage.switch_live(2);
        BOOST_TEST(look(lineage).what == "live: deploy 2");
    }
}

BOOST_AUTO_TEST_CASE(an_unfinished_generation_without_its_parts_is_abandoned)
{
    for (const char *file : {"request.pem", "privkey.pem", "wanted.json"}) {
        Renewal gone;
        gone.lineage.write_order(order_of(2));
        gone.remove(gone.path("gen/0002/" + std::string(file)));
        BOOST_TEST(look(gone.lineage).what == "ordered: abandon 2", file);
        for (const std::string &ruin : ruins) {
            Renewal f;
            f.overwrite(f.path("gen/0002/" + std::string(file)), ruin);
            BOOST_TEST(look(f.lineage).what == "keyed: abandon 2", file);
            f.lineage.abandon(2);
            BOOST_TEST(look(f.lineage, true).what == "deployed: begin 2");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_of_another_request_is_no_key)
{
    Renewal f;
    f.overwrite(f.path("gen/0002/privkey.pem"), f.content(f.path("gen/0001/privkey.pem")));
    BOOST_TEST(look(f.lineage).what == "keyed: abandon 2");
}

BOOST_AUTO_TEST_CASE(what_is_no_longer_wanted_is_abandoned)
{
    Renewal f;
    f.lineage.write_order(order_of(2));
    LineageSpec spec = f.lineage.spec();
    spec.hook = "other";
    f.lineage.write_spec(spec);
    BOOST_TEST(look(f.lineage).what == "ordered: resume 2");
    spec.identifiers.push_back(Identifier::parse("b.example"));
    f.lineage.write_spec(spec);
    BOOST_TEST(look(f.lineage).what == "ordered: abandon 2");
    // One that is issued goes live first: it is better than what is live.
    spec.identifiers.pop_back();
    f.lineage.write_spec(spec);
    f.commit(f.lineage, 2);
    spec.identifiers.push_back(Identifier::parse("b.example"));
    f.lineage.write_spec(spec);
    BOOST_TEST(look(f.lineage).what == "issued: switch live 2");
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_key_is_abandoned)
{
    Renewal f;
    f.lineage.write_order(order_of(2));
    f.overwrite(f.path("gen/0002/fullchain.pem"), f.content(f.path("gen/0001/fullchain.pem")));
    const Seen seen = look(f.lineage);
    BOOST_TEST(seen.what == "issued: abandon 2");
    BOOST_TEST(seen.damage == f.base + "/certs/a.example/gen/0002/privkey.pem does not have the "
                                       "certificate's key\n");
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_key_than_the_given_request_is_abandoned)
{
    SpoolFixture f;
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.csr = Csr::make(key, spec.identifiers).pem();
    const Lineage lineage = f.add("a.example", spec);
    lineage.begin(1, spec, nullptr, Csr::from_pem(spec.csr));
    const PrivateKey other = PrivateKey::generate(KeyType::ec256);
    lineage.commit(1, parse_chain(f.ca.issue_chain(Csr::make(other, spec.identifiers))));
    BOOST_TEST(look(lineage).what == "issued: abandon 1");
}

BOOST_AUTO_TEST_CASE(a_live_certificate_without_its_key_is_reported_and_replaced)
{
    for (const bool missing : {true, false}) {
        SpoolFixture f;
        const Lineage lineage = f.add("a.example");
        f.deploy(lineage, 1);
        if (missing)
            f.remove("certs/a.example/gen/0001/privkey.pem");
        else
            f.overwrite("certs/a.example/gen/0001/privkey.pem", "garbage");
        BOOST_TEST(look(lineage).damage ==
                   f.base + "/certs/a.example/gen/0001/privkey.pem is missing or damaged\n");
        BOOST_TEST(look(lineage, true).what == "deployed: begin 2");
        f.remove("certs/a.example/gen/0001/deployed");
        BOOST_TEST(look(lineage).what == "live: wait 1"); // no hook without a key
    }
}

BOOST_AUTO_TEST_CASE(an_order_that_is_damaged_or_of_another_generation_is_dropped)
{
    for (const std::string &ruin : ruins) {
        Renewal f;
        f.overwrite(f.path("order.json"), ruin);
        BOOST_TEST(look(f.lineage).what == "keyed: drop order 2");
        BOOST_TEST(look(f.lineage).damage == f.base + "/certs/a.example/order.json is damaged\n");
    }
    Renewal f;
    f.lineage.write_order(order_of(1));
    BOOST_TEST(look(f.lineage).what == "keyed: drop order 2");
    BOOST_TEST(look(f.lineage).damage == "");
    SpoolFixture empty;
    const Lineage lineage = empty.add("b.example");
    lineage.write_order(order_of(1));
    BOOST_TEST(look(lineage).what == "wanted: drop order 0");
}

BOOST_AUTO_TEST_CASE(live_is_restored_to_the_newest_sound_generation)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    for (Generation number = 1; number <= 4; ++number)
        f.deploy(lineage, number);
    f.remove("certs/a.example/live");
    BOOST_TEST(look(lineage).what == "issued: switch live 4");
    BOOST_TEST(look(lineage).damage == f.base + "/certs/a.example/live is missing\n");
    for (const char *target : {"gen/0009", "gen/9", "/etc", "gen/0004/"}) {
        f.remove("certs/a.example/live");
        f.spool.dir().make_link(target, "certs/a.example/live");
        BOOST_TEST(look(lineage).what == "issued: switch live 4", target);
        BOOST_TEST(look(lineage).damage ==
                   f.base + "/certs/a.example/live points to no generation\n");
    }
    // However old it is.
    f.remove("certs/a.example/live");
    for (const char *number : {"2", "3", "4"})
        f.remove("certs/a.example/gen/000" + std::string(number) + "/privkey.pem");
    BOOST_TEST(look(lineage).what == "issued: switch live 1");
}

BOOST_AUTO_TEST_CASE(a_lost_spec_is_rebuilt_from_what_was_wanted)
{
    for (const std::string &ruin : ruins) {
        SpoolFixture f;
        LineageSpec spec = SpoolFixture::spec_for({"a.example", "b.example"});
        spec.hook = "reload";
        spec.ca = "pebble";
        const Lineage lineage = f.add("a.example", spec);
        f.deploy(lineage, 1);
        f.overwrite("certs/a.example/cert.json", ruin);
        const std::string error = thrown_by([&] { lineage.spec(); });
        BOOST_TEST(holds(error, "/certs/a.example/cert.json"), error);
        const LineageSpec rebuilt = lineage.rebuild_spec().value();
        BOOST_TEST(to_json(rebuilt).to_text() == to_json(spec).to_text());
        lineage.write_spec(rebuilt);
        BOOST_TEST(look(lineage).what == "deployed: wait 1");
    }
}

BOOST_AUTO_TEST_CASE(a_lost_spec_is_rebuilt_from_the_certificate)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example", SpoolFixture::spec_for({"a.example", "192.0.2.1"}));
    f.deploy(lineage, 1);
    f.remove("certs/a.example/cert.json");
    f.overwrite("certs/a.example/gen/0001/wanted.json", "{");
    BOOST_TEST(thrown_by([&] { lineage.spec(); }) ==
               "read " + f.base + "/certs/a.example/cert.json: there is no such file");
    const LineageSpec rebuilt = lineage.rebuild_spec().value();
    BOOST_TEST(same_set(rebuilt.identifiers,
                        SpoolFixture::spec_for({"192.0.2.1", "a.example"}).identifiers));
    BOOST_TEST(rebuilt.makes_key());
    // Without a key of ours the request is kept.
    f.remove("certs/a.example/gen/0001/privkey.pem");
    BOOST_TEST(lineage.rebuild_spec().value().csr == lineage.request(1)->pem());
}

BOOST_AUTO_TEST_CASE(without_anything_to_go_by_nothing_is_rebuilt)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.remove("certs/a.example/cert.json");
    BOOST_TEST(!lineage.rebuild_spec());
    SpoolFixture::begin(lineage, 1, SpoolFixture::spec_for({"a.example"}));
    f.remove("certs/a.example/gen/0001/wanted.json");
    BOOST_TEST(!lineage.rebuild_spec());
    f.overwrite("certs/a.example/gen/0001/fullchain.pem", "garbage");
    BOOST_TEST(!lineage.rebuild_spec());
    // A certificate without names tells nothing, and stops nothing.
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    f.overwrite("certs/a.example/gen/0001/fullchain.pem",
                f.ca.issue({.key = key.public_key(), .names = ""}).pem());
    BOOST_TEST(!lineage.rebuild_spec());
}

BOOST_AUTO_TEST_SUITE_END()
