// SPDX-License-Identifier: MIT
#include "spool/lineage.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr Time t0 = TestCa::epoch;

std::string numbers(const Lineage &lineage)
{
    std::string text;
    for (const Generation number : lineage.generations())
        text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
}

}

BOOST_AUTO_TEST_SUITE(lineage_test)

BOOST_AUTO_TEST_CASE(a_new_lineage_has_what_it_needs)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    BOOST_TEST(lineage.exists());
    BOOST_TEST(to_text(lineage.spec().identifiers) == "a.example");
    BOOST_TEST(Json::parse(f.content("certs/a.example/cert.json")).int_at("format") == 1);
    BOOST_TEST((lineage.due().value() <= system_clock().now()));
    BOOST_TEST(lineage.path() == f.base + "/certs/a.example");
    BOOST_TEST(lineage.path(LineageFile::live) == f.base + "/certs/a.example/live");
    BOOST_TEST(numbers(lineage) == "");
    BOOST_TEST((!lineage.live() && !lineage.order() && !lineage.ari()));
    BOOST_TEST(lineage.retry().is_clean());
    BOOST_TEST(f.spool.dir().list("tmp").empty());
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_once)
{
    SpoolFixture f;
    f.add("a.example");
    const std::string before = f.snapshot("certs");
    BOOST_TEST(!Lineage::create(f.spool, LineageName::parse("a.example"),
                                SpoolFixture::spec_for({"b.example"})));
    BOOST_TEST(f.snapshot("certs") == before);
    BOOST_TEST(f.spool.dir().list("tmp").empty());
}

BOOST_AUTO_TEST_CASE(a_generation_goes_from_begun_to_deployed)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    SpoolFixture::begin(lineage, 1);
    BOOST_TEST(numbers(lineage) == "1");
    BOOST_TEST(lineage.private_key(1)->public_key().spki() ==
               lineage.request(1)->public_key().spki());
    BOOST_TEST(asks_for_the_same(lineage.wanted(1).value(), lineage.spec()));
    BOOST_TEST((!lineage.chain(1) && !lineage.stored_at(1)));
    f.commit(lineage, 1);
    BOOST_TEST(lineage.chain(1)->size() == 2U);
    BOOST_TEST((lineage.stored_at(1) == f.clock.now()));
    BOOST_TEST(f.content("certs/a.example/gen/0001/cert.pem") +
                   f.content("certs/a.example/gen/0001/chain.pem") ==
               f.content("certs/a.example/gen/0001/fullchain.pem"));
    lineage.switch_live(1);
    BOOST_TEST((lineage.live() == 1));
    BOOST_TEST(f.spool.dir().read_link("certs/a.example/live").value() == "gen/0001");
    BOOST_TEST(!lineage.is_deployed(1));
    lineage.mark_deployed(1);
    BOOST_TEST(lineage.is_deployed(1));
    f.issue(lineage, 2);
    lineage.switch_live(2);
    BOOST_TEST((lineage.live() == 2));
    BOOST_TEST(f.spool.dir().list("tmp").empty());
}

BOOST_AUTO_TEST_CASE(what_an_agent_made_is_whole_at_once)
{
    SpoolFixture f;
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.source = "agent";
    spec.server = "https://proxy.example/agent/";
    const Lineage lineage = f.add("a.example", spec);
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const auto chain = parse_chain(f.ca.issue_chain(Csr::make(key, spec.identifiers)));
    const OriginRecord origin{spec.server, 7, "\"x\"", "age1x", f.clock.now()};
    lineage.receive(1, spec, {&key, nullptr, chain, origin});
    const LineageFacts facts = lineage.facts(spec);
    BOOST_TEST((facts.newest()->committed && facts.newest()->sound && facts.newest()->wanted));
    BOOST_TEST((next_step(facts, true) == Next{Step::switch_live, 1}));
    BOOST_TEST(!lineage.request(1));
    BOOST_TEST(lineage.is_complete(1));
    BOOST_TEST(lineage.origin(1)->generation == 7);
    BOOST_TEST(f.spool.dir().list("tmp").empty());
    BOOST_TEST((f.spool.dir().status("certs/a.example/gen/0001/privkey.pem")->st_mode & 07777) ==
               0600U);
    f.overwrite("certs/a.example/gen/0001/origin.json", "{");
    BOOST_TEST(!lineage.origin(1));
}

BOOST_AUTO_TEST_CASE(a_generation_is_begun_once)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    SpoolFixture::begin(lineage, 1);
    const std::string key = f.content("certs/a.example/gen/0001/privkey.pem");
    BOOST_TEST(thrown_by([&] { SpoolFixture::begin(lineage, 1); }) ==
               "begin generation 0001 of a.example: generation 0001 is there already");
    BOOST_TEST(f.content("certs/a.example/gen/0001/privkey.pem") == key);
}

BOOST_AUTO_TEST_CASE(a_lost_generations_folder_is_made_again)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.remove("certs/a.example/gen");
    BOOST_TEST(numbers(lineage) == "");
    SpoolFixture::begin(lineage, 1);
    BOOST_TEST(numbers(lineage) == "1");
}

BOOST_AUTO_TEST_CASE(a_key_that_stays_elsewhere_is_not_written)
{
    SpoolFixture f;
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.csr = Csr::make(key, spec.identifiers).pem();
    const Lineage lineage = f.add("a.example", spec);
    lineage.begin(1, spec, nullptr, Csr::from_pem(spec.csr));
    BOOST_TEST(!f.spool.dir().exists("certs/a.example/gen/0001/privkey.pem"));
    BOOST_TEST(lineage.facts(spec).newest()->usable);
    f.commit(lineage, 1);
    const LineageFacts facts = lineage.facts(lineage.spec());
    BOOST_TEST((facts.newest()->sound && facts.newest()->wanted));
}

BOOST_AUTO_TEST_CASE(modes_are_those_of_the_layout)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    const struct {
        const char *path;
        mode_t mode;
    } table[] = {{"", 0750},
                 {"/cert.json", 0640},
                 {"/due", 0600},
                 {"/gen", 0750},
                 {"/gen/0001", 0750},
                 {"/gen/0001/privkey.pem", 0600},
                 {"/gen/0001/request.pem", 0644},
                 {"/gen/0001/wanted.json", 0600},
                 {"/gen/0001/fullchain.pem", 0644},
                 {"/gen/0001/deployed", 0600}};
    for (const auto &row : table)
        BOOST_TEST((f.spool.dir().status("certs/a.example" + std::string(row.path))->st_mode &
                    07777) == row.mode,
                   row.path);
}

BOOST_AUTO_TEST_CASE(what_is_committed_again_is_not_deployed)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    f.commit(lineage, 1);
    BOOST_TEST(!lineage.is_deployed(1));
}

BOOST_AUTO_TEST_CASE(the_copies_of_a_certificate_are_restored)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    f.set_stored(lineage, 1, t0 - days(7));
    const std::string before = f.content("certs/a.example/gen/0001/chain.pem");
    BOOST_TEST(lineage.is_complete(1));
    f.remove("certs/a.example/gen/0001/cert.pem");
    f.overwrite("certs/a.example/gen/0001/chain.pem", "");
    BOOST_TEST(!lineage.is_complete(1));
    lineage.complete(1);
    BOOST_TEST(lineage.is_complete(1));
    BOOST_TEST(f.content("certs/a.example/gen/0001/chain.pem") == before);
    BOOST_TEST((lineage.stored_at(1) == t0 - days(7)));
    BOOST_TEST(lineage.is_deployed(1));
    lineage.complete(7); // nothing to go by
    BOOST_TEST(!lineage.is_complete(7));
}

BOOST_AUTO_TEST_CASE(an_abandoned_generation_takes_its_order_along)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    SpoolFixture::begin(lineage, 2);
    lineage.write_order({"pebble", "d", "a", "o", 2, t0});
    BOOST_TEST(lineage.order().value().url == "o");
    lineage.abandon(2);
    BOOST_TEST(numbers(lineage) == "1");
    BOOST_TEST(!lineage.order());
    BOOST_TEST(f.spool.dir().list("tmp").empty());
    lineage.abandon(2); // nothing left of it
}

BOOST_AUTO_TEST_CASE(pruning_keeps_live_the_one_before_and_the_young)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    for (Generation number = 1; number <= 6; ++number)
        f.issue(lineage, number);
    lineage.switch_live(5);
    for (Generation number = 1; number <= 6; ++number)
        f.set_stored(lineage, number, t0 - days(100));
    f.set_stored(lineage, 2, t0 - days(30));
    lineage.prune(t0, days(30));
    BOOST_TEST(numbers(lineage) == "2 4 5 6");
    lineage.prune(t0 + Seconds(1), days(30));
    BOOST_TEST(numbers(lineage) == "4 5 6");
}

BOOST_AUTO_TEST_CASE(pruning_keeps_an_issued_one_before_live)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.issue(lineage, 1);
    SpoolFixture::begin(lineage, 2);
    f.issue(lineage, 3);
    f.set_stored(lineage, 1, t0 - days(100));
    lineage.prune(t0, days(30));
    BOOST_TEST(numbers(lineage) == "1 2 3"); // without live nothing is known to be old
    lineage.switch_live(3);
    lineage.prune(t0, days(30));
    BOOST_TEST(numbers(lineage) == "1 3");
}

BOOST_AUTO_TEST_CASE(records_are_kept_and_dropped)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    RetryRecord retry;
    retry.attempts = 2;
    retry.last = t0;
    lineage.write_retry(retry);
    BOOST_TEST(lineage.retry().attempts == 2);
    lineage.write_retry({});
    BOOST_TEST(!f.spool.dir().exists("certs/a.example/retry.json"));
    lineage.write_ari({"a.1", {}, {}, {}, "", t0});
    BOOST_TEST(lineage.ari().value().certificate_id == "a.1");
    lineage.drop_order(); // there is none
}

BOOST_AUTO_TEST_CASE(damaged_caches_read_as_none)
{
    for (const char *damage : {"", "{", "[]", "{}", R"({"format":1})", R"({"format":"1"})",
                               "\xff\xfe", R"({"format":1,"last":7,"certificate":7,"ca":7})"}) {
        SpoolFixture f;
        const Lineage lineage = f.add("a.example");
        for (const char *file : {"retry.json", "ari.json", "order.json"})
            f.overwrite("certs/a.example/" + std::string(file), damage);
        BOOST_TEST(lineage.retry().is_clean(), damage);
        BOOST_TEST(!lineage.ari(), damage);
        BOOST_TEST(!lineage.order(), damage);
    }
}

BOOST_AUTO_TEST_CASE(files_of_a_newer_format_are_refused_and_not_rebuilt)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    const std::string newer = R"({"format": 2})";
    for (const char *file :
         {"cert.json", "retry.json", "ari.json", "order.json", "gen/0001/wanted.json"})
        f.overwrite("certs/a.example/" + std::string(file), newer);
    const auto refused = [&](auto read) {
        const std::string error = thrown_by(read);
        BOOST_TEST(holds(error, "its format is 2, not 1: it was made by a newer acmeproxy"), error);
    };
    refused([&] { lineage.spec(); });
    refused([&] { lineage.retry(); });
    refused([&] { lineage.ari(); });
    refused([&] { lineage.order(); });
    refused([&] { lineage.wanted(1); });
    refused([&] { lineage.rebuild_spec(); });
}

BOOST_AUTO_TEST_CASE(symbolic_links_in_place_of_files_are_refused_loudly)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    const auto refused = [&](const std::string &path, auto read) {
        const std::string full = "certs/a.example/" + path;
        if (f.spool.dir().exists(full))
            f.spool.dir().rename(full, "tmp/original");
        else
            f.overwrite("tmp/original", "{}");
        f.spool.dir().make_link(f.base + "/tmp/original", full);
        const std::string error = thrown_by(read);
        BOOST_TEST(holds(error, full), path << ": " << error);
        BOOST_TEST(holds(error, "symbolic links"), path << ": " << error);
        f.remove(full);
        f.spool.dir().rename("tmp/original", full);
    };
    const LineageSpec spec = lineage.spec();
    refused("cert.json", [&] { lineage.spec(); });
    refused("gen/0001/fullchain.pem", [&] { lineage.facts(spec); });
    refused("gen/0001/privkey.pem", [&] { lineage.facts(spec); });
    refused("gen/0001/request.pem", [&] { lineage.request(1); });
    refused("gen/0001/wanted.json", [&] { lineage.facts(spec); });
    refused("due", [&] { lineage.set_due(t0); });
    refused("order.json", [&] { lineage.facts(spec); });
    refused("retry.json", [&] { lineage.retry(); });
    refused("lock", [&] { lineage.lock(); });
}

BOOST_AUTO_TEST_CASE(a_lock_excludes_other_descriptors)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    {
        const auto lock = lineage.lock();
        BOOST_TEST(lock.has_value());
        BOOST_TEST(!lineage.lock());
    }
    BOOST_TEST(lineage.lock().has_value());
}

BOOST_AUTO_TEST_CASE(due_is_the_time_of_a_file)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    lineage.set_due(t0 + hours(5));
    BOOST_TEST((lineage.due() == t0 + hours(5)));
    f.remove("certs/a.example/due");
    BOOST_TEST(!lineage.due());
    lineage.set_due(t0);
    BOOST_TEST((lineage.due() == t0));
    BOOST_TEST(f.content("certs/a.example/due") == "");
}

BOOST_AUTO_TEST_CASE(a_removed_lineage_is_gone)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.add("b.example");
    f.deploy(lineage, 1);
    lineage.remove();
    BOOST_TEST(!lineage.exists());
    BOOST_TEST(f.spool.lineages().size() == 1U);
    lineage.remove();
}

BOOST_AUTO_TEST_SUITE_END()
