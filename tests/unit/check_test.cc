// SPDX-License-Identifier: MIT
#include "spool/check.h"

#include "spool/ca_store.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <functional>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

/// A spool with a CA, its account, a deployed lineage and nothing wrong.
struct Sound : SpoolFixture {
    Sound() : now(system_clock().now()), lineage(add("a.example"))
    {
        deploy(lineage, 1);
        deploy(lineage, 2);
        const Lineage young = add("b.example");
        begin(young, 1);
        young.write_order({"pebble", "d", "a", "o", 1, now});
        const CaName ca_name = CaName::parse("pebble");
        CaConfig config;
        config.directory = "https://ca.example/dir";
        save_ca(spool, ca_name, config);
        const AccountFiles account(spool, ca_name, ClientId::parse("default"));
        account.prepare();
        account.write_key(PrivateKey::generate(KeyType::ec256));
        account.write_record({"https://ca.example/a/1", "https://ca.example/dir", {}});
        lineage.lock();
        young.lock();
    }
    std::vector<Finding> check(Repair repair = Repair::no) const
    {
        return check_spool(spool, repair, now);
    }
    std::string text(Repair repair = Repair::no) const
    {
        std::string out;
        for (const Finding &finding : check(repair))
            out += finding.path.substr(std::min(base.size(), finding.path.size())) + ": " +
                   finding.what + " (" + finding.advice + ")" +
                   (finding.repaired ? " repaired" : "") + "\n";
        return out;
    }
    std::string path(const std::string &name) const { return "certs/a.example/" + name; }

    Time now;
    Lineage lineage;
};

struct Violation {
    const char *what;
    std::function<void(Sound &)> make;
    std::string path;
    std::string found;
    std::string advice;
};

void chmod_to(const Sound &f, const std::string &path, mode_t mode)
{
    if (::chmod((f.base + "/" + path).c_str(), mode) != 0)
        throw_errno("chmod " + path);
}

/// Those that --repair mends.
std::vector<Violation> mendable()
{
    return {
        {"mode of the base", [](Sound &f) { chmod_to(f, "", 0777); }, "", "has mode 0777, not 0711",
         "chmod 0711 it"},
        {"mode of a folder", [](Sound &f) { chmod_to(f, "certs", 0755); }, "/certs",
         "has mode 0755, not 0700", "chmod 0700 it"},
        {"mode of a key", [](Sound &f) { chmod_to(f, f.path("gen/0002/privkey.pem"), 0644); },
         "/certs/a.example/gen/0002/privkey.pem", "has mode 0644, not 0600", "chmod 0600 it"},
        {"missing folder", [](Sound &f) { f.remove("tmp"); }, "/tmp", "is missing",
         "make the folder"},
        {"left behind in tmp",
         [](Sound &f) {
             f.overwrite("tmp/x", "");
             f.spool.dir().set_mtime("tmp/x", (f.now - days(2)).time_since_epoch().count());
         },
         "/tmp/x", "was left behind by a process that died", "the next pass removes it"},
        {"cert.json lost", [](Sound &f) { f.remove(f.path("cert.json")); },
         "/certs/a.example/cert.json", "there is no such file",
         "make it anew from the certificate"},
        {"cert.json empty", [](Sound &f) { f.overwrite(f.path("cert.json"), ""); },
         "/certs/a.example/cert.json", "cannot be read", "make it anew from the certificate"},
        {"live lost", [](Sound &f) { f.remove(f.path("live")); }, "/certs/a.example/live",
         "is missing", "point it to the newest certificate"},
        {"live dangling",
         [](Sound &f) {
             f.remove(f.path("live"));
             f.spool.dir().make_link("gen/0009", f.path("live"));
         },
         "/certs/a.example/live", "points to no certificate", "point it to the newest certificate"},
        {"cert.pem lost", [](Sound &f) { f.remove(f.path("gen/0002/cert.pem")); },
         "/certs/a.example/gen/0002", "lacks cert.pem or chain.pem",
         "make them anew from fullchain.pem"},
        {"chain.pem empty", [](Sound &f) { f.overwrite(f.path("gen/0001/chain.pem"), ""); },
         "/certs/a.example/gen/0001", "lacks cert.pem or chain.pem",
         "make them anew from fullchain.pem"},
        {"due lost", [](Sound &f) { f.remove(f.path("due")); }, "/certs/a.example/due",
         "is missing", "make it: the next pass looks at the lineage"},
        {"due far ahead", [](Sound &f) { f.lineage.set_due(f.now + hours(49)); },
         "/certs/a.example/due", "is more than two days ahead: a clock was wrong",
         "the next pass looks at it"},
        {"retry.json damaged", [](Sound &f) { f.overwrite(f.path("retry.json"), "{"); },
         "/certs/a.example/retry.json", "is damaged: ", "remove it"},
        {"ari.json damaged", [](Sound &f) { f.overwrite(f.path("ari.json"), "{}"); },
         "/certs/a.example/ari.json", "is damaged: ", "remove it"},
        {"order.json damaged", [](Sound &f) { f.overwrite(f.path("order.json"), ""); },
         "/certs/a.example/order.json", "is damaged: ", "remove it"},
    };
}

/// Those that only a person can mend.
std::vector<Violation> others()
{
    return {
        {"a stranger", [](Sound &f) { f.overwrite("x.txt", ""); }, "/x.txt",
         "does not belong in a spool", "move it away"},
        {"a stranger among generations",
         [](Sound &f) { f.spool.dir().make_dir(f.path("gen/0002.bak"), 0700); },
         "/certs/a.example/gen/0002.bak", "does not belong in a spool", "move it away"},
        {"a file for a folder", [](Sound &f) { f.overwrite("certs/c.example", ""); },
         "/certs/c.example", "is not a folder", "move it away"},
        {"a folder for a file", [](Sound &f) { f.spool.dir().make_dir("challenges/token", 0755); },
         "/challenges/token", "is not a regular file", "move it away"},
        {"a link for a file",
         [](Sound &f) {
             f.spool.dir().rename(f.path("gen/0001/wanted.json"), "tmp/original");
             f.spool.dir().make_link("/etc/passwd", f.path("gen/0001/wanted.json"));
         },
         "/certs/a.example/gen/0001/wanted.json", "is not a regular file", "move it away"},
        {"a file for live",
         [](Sound &f) {
             f.remove(f.path("gen"));
             f.remove(f.path("live"));
             f.overwrite(f.path("live"), "gen/0001");
         },
         "/certs/a.example/live", "is not a symbolic link", "move it away"},
        {"key lost", [](Sound &f) { f.remove(f.path("gen/0002/privkey.pem")); },
         "/certs/a.example/gen/0002/privkey.pem", "is missing, damaged or of another key",
         "acmeproxy renew --force a.example"},
        {"key of another",
         [](Sound &f) {
             f.overwrite(f.path("gen/0002/privkey.pem"), f.content(f.path("gen/0001/privkey.pem")));
         },
         "/certs/a.example/gen/0002/privkey.pem", "of another key than the certificate's",
         "acmeproxy renew --force a.example"},
        {"certificate damaged",
         [](Sound &f) {
             f.overwrite(f.path("gen/0002/fullchain.pem"), "x");
             f.lineage.switch_live(1);
         },
         "/certs/a.example/gen/0002/fullchain.pem", "cannot be read as certificates",
         "acmeproxy renew --force a.example"},
        {"nothing to rebuild from",
         [](Sound &f) {
             f.add("c.example").lock();
             f.remove("certs/c.example/cert.json");
         },
         "/certs/c.example/cert.json", "there is no such file",
         "put it back from a backup, or remove the lineage and add it again"},
        {"a newer format", [](Sound &f) { f.overwrite(f.path("cert.json"), R"({"format":2})"); },
         "/certs/a.example/cert.json", "it was made by a newer acmeproxy",
         "put it back from a backup"},
        {"a newer cache", [](Sound &f) { f.overwrite(f.path("ari.json"), R"({"format":2})"); },
         "/certs/a.example/ari.json", "it was made by a newer acmeproxy", "move it away"},
        {"ca.json damaged", [](Sound &f) { f.overwrite("cas/pebble/ca.json", "{"); },
         "/cas/pebble/ca.json", "cannot be read", "write it again: acmeproxy ca add"},
        {"account key damaged",
         [](Sound &f) { f.overwrite("cas/pebble/accounts/default/key.pem", "x"); },
         "/cas/pebble/accounts/default/key.pem", "cannot be read",
         "put it back from a backup, or remove it to get a new account"},
        {"account key lost", [](Sound &f) { f.remove("cas/pebble/accounts/default/key.pem"); },
         "/cas/pebble/accounts/default/key.pem", "it is missing, and there is an account of it",
         "put it back from a backup"},
    };
}

void check_found(const Violation &violation, const std::vector<Finding> &findings, const Sound &f)
{
    bool found = false;
    for (const Finding &finding : findings)
        found = found ||
                (finding.path == f.base + violation.path && holds(finding.what, violation.found) &&
                 holds(finding.advice, violation.advice));
    BOOST_TEST(found, "not found in:\n" << f.text());
}

}

BOOST_AUTO_TEST_SUITE(check_test)

BOOST_AUTO_TEST_CASE(a_sound_spool_is_clean_and_stays_as_it_is)
{
    Sound f;
    const std::string before = f.snapshot();
    BOOST_TEST(f.text() == "");
    BOOST_TEST(f.text(Repair::yes) == "");
    BOOST_TEST(f.snapshot() == before);
}

BOOST_AUTO_TEST_CASE(what_can_be_mended_is_found_mended_and_gone)
{
    for (const Violation &violation : mendable()) {
        BOOST_TEST_CONTEXT(violation.what)
        {
            Sound f;
            violation.make(f);
            const std::string damaged = f.snapshot();
            const std::vector<Finding> findings = f.check();
            BOOST_TEST(findings.size() == 1U, f.text());
            check_found(violation, findings, f);
            BOOST_TEST(f.snapshot() == damaged); // a check changes nothing
            for (const Finding &finding : f.check(Repair::yes))
                BOOST_TEST(finding.repaired, finding.path);
            BOOST_TEST(f.text() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_only_a_person_can_mend_is_found_and_left)
{
    for (const Violation &violation : others()) {
        BOOST_TEST_CONTEXT(violation.what)
        {
            Sound f;
            violation.make(f);
            const std::string damaged = f.snapshot();
            check_found(violation, f.check(), f);
            for (const Finding &finding : f.check(Repair::yes))
                BOOST_TEST((!finding.repaired || finding.path != f.base + violation.path),
                           finding.path);
            BOOST_TEST(f.snapshot() == damaged);
            check_found(violation, f.check(), f);
        }
    }
}

BOOST_AUTO_TEST_CASE(repair_restores_and_changes_nothing_else)
{
    Sound f;
    const std::string before = f.snapshot();
    f.remove(f.path("live"));
    chmod_to(f, f.path("gen"), 0755);
    f.overwrite(f.path("retry.json"), "x");
    BOOST_TEST(f.check(Repair::yes).size() == 3U);
    BOOST_TEST(f.snapshot() == before);
}

BOOST_AUTO_TEST_CASE(damage_in_one_lineage_does_not_hide_another)
{
    Sound f;
    f.add("c.example");
    f.overwrite("certs/aa", "");              // a file where a lineage should be
    f.spool.dir().make_link("x", "certs/ab"); // a link
    f.remove("certs/c.example/due");
    f.spool.dir().make_dir("certs/a.example/order.json", 0700);
    const std::string text = f.text(Repair::yes);
    BOOST_TEST(holds(text, "/certs/aa: is not a folder"), text);
    BOOST_TEST(holds(text, "/certs/ab: is not a folder"), text);
    BOOST_TEST(holds(text, "/certs/a.example/order.json: is not a regular file"), text);
    BOOST_TEST(holds(text, "/certs/c.example/due: is missing"), text);
}

BOOST_AUTO_TEST_CASE(a_lineage_at_work_is_not_mended)
{
    Sound f;
    f.remove(f.path("live"));
    const auto lock = f.lineage.lock();
    const std::string damaged = f.snapshot();
    BOOST_TEST(f.text(Repair::yes) == "/certs/a.example: is being worked on by another process "
                                      "(check again when it is done)\n");
    BOOST_TEST(f.snapshot() == damaged);
    BOOST_TEST(holds(f.text(), "/certs/a.example/live: is missing"));
}

BOOST_AUTO_TEST_CASE(another_owner_is_found)
{
    if (::geteuid() != 0)
        return;
    Sound f;
    BOOST_REQUIRE(::chown((f.base + "/certs").c_str(), 12345, 12345) == 0);
    BOOST_TEST(f.text() == "/certs: belongs to user 12345, not to the spool's owner 0 (chown 0 "
                           "it)\n");
}

BOOST_AUTO_TEST_SUITE_END()
