// SPDX-License-Identifier: MIT
#include "spool/check.h"

#include "base/encoding.h"
#include "base/time_text.h"
#include "crypto/digest.h"
#include "jose/jwk.h"
#include "spool/ca_store.h"
#include "spool/client_store.h"
#include "spool/client_tokens.h"
#include "spool/name_claims.h"
#include "spool/secret_keys.h"
#include "unit/as_root.h"
#include "unit/spool_fixture.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <unistd.h>

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
        add_client();
        load_secret_keys(spool, now);
    }
    /// With a key, an account, a token and a lineage.
    void add_client()
    {
        ClientPolicy policy;
        policy.names = {NamePattern::parse("**.web.example")};
        const ClientStore clients(spool);
        clients.create(web, policy);
        clients.create_account({account,
                                to_jwk(key.public_key()),
                                jwk_thumbprint(key.public_key()),
                                "valid",
                                {},
                                clients.add_eab(web, false, {}, now).kid.str(),
                                now});
        token = hex_encode(sha256(ClientTokens(spool).add(web, "", {}, now).view()));
        LineageSpec spec = spec_for({"a.web.example"});
        spec.deliver = "sealed";
        spec.owner = web;
        spec.recipients = {AgeIdentity::generate().recipient()};
        const NameClaims claims(spool);
        const Lock lock = claims.lock();
        claims.claim(web, spec.identifiers);
        add("web1@a.web.example", spec).lock();
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

    /// As a crash would have left it, some time ago.
    void leave(const std::string &file, const std::string &text) const
    {
        overwrite(file, text);
        spool.dir().set_mtime(file, (now - hours(2)).time_since_epoch().count());
    }
    std::string secret() const { return "secrets/" + spool.dir().list("secrets").front(); }

    Time now;
    Lineage lineage;
    const ClientId web = ClientId::parse("web1");
    const ClientScopedId account = ClientScopedId::make(web);
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    std::string token;
};

const std::string thumbprint(43, 't'); // of nobody
const std::string pebble = "cas/pebble/";
const std::string in_default = pebble + "accounts/default/";
const std::string in_web = pebble + "accounts/web1/";
const std::string damaged = "is damaged: ";
const std::string counts_for_nothing = "remove it: it counts for nothing";

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
        {"mode of the base", [](Sound &f) { chmod_to(f, "", 0777); }, "", "has mode 0777, not 0751",
         "chmod 0751 it"},
        {"mode of a folder", [](Sound &f) { chmod_to(f, "certs", 0755); }, "/certs",
         "has mode 0755, not 0750", "chmod 0750 it"},
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
        {"a pause that is none", [](Sound &f) { f.overwrite(pebble + "pause", "soon\n"); },
         "/cas/pebble/pause", "does not begin with an instant", "remove it: it does not count"},
        {"an endless pause",
         [](Sound &f) {
             f.overwrite(pebble + "pause", format_rfc3339(f.now + hours(49)) + " later\n");
         },
         "/cas/pebble/pause", "ends more than two days ahead", "remove it: it does not count"},
        {"account.json damaged", [](Sound &f) { f.overwrite(in_default + "account.json", "{}"); },
         "/" + in_default + "account.json", damaged, "remove it: it is made anew"},
        {"a refusal damaged",
         [](Sound &f) { f.overwrite("requests/web1@a.web.example.refused", "x"); },
         "/requests/web1@a.web.example.refused", damaged, "remove it: it is only a message"},
        {"claim on a key, damaged", [](Sound &f) { f.leave("keys/" + thumbprint, "x"); },
         "/keys/" + thumbprint, "leads to no account that has this key", counts_for_nothing},
        {"claim on a key, of an account with another",
         [](Sound &f) { f.leave("keys/" + thumbprint, f.account.str() + "\n"); },
         "/keys/" + thumbprint, "leads to no account that has this key", counts_for_nothing},
        {"claim on a name, damaged", [](Sound &f) { f.leave("names/b.web.example", "\n"); },
         "/names/b.web.example", "names no client that has a lineage of that name",
         counts_for_nothing},
        {"claim on a name without a lineage",
         [](Sound &f) { f.leave("names/b.web.example", "web1\n"); }, "/names/b.web.example",
         "names no client that has a lineage of that name", counts_for_nothing},
        {"claim on a name of another's lineage",
         [](Sound &f) { f.leave("names/a.web.example", "web2\n"); }, "/names/a.web.example",
         "names no client that has a lineage of that name", counts_for_nothing},
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
         "/cas/pebble/accounts/default/key.pem", damaged,
         "put it back from a backup, or remove it to get a new account"},
        {"account key of a client damaged",
         [](Sound &f) {
             AccountFiles(f.spool, CaName::parse("pebble"), f.web).prepare();
             f.overwrite(in_web + "key.pem", "x");
         },
         "/" + in_web + "key.pem", damaged, "remove it to get a new account"},
        {"next key damaged", [](Sound &f) { f.overwrite(in_default + "next.pem", ""); },
         "/" + in_default + "next.pem", damaged, "asks the CA which key it has"},
        {"next key left behind",
         [](Sound &f) { f.leave(in_default + "next.pem", f.content(in_default + "key.pem")); },
         "/" + in_default + "next.pem", "was left behind by a rollover that was interrupted",
         "acmeproxy account show"},
        {"due with content", [](Sound &f) { f.overwrite(f.path("due"), "now"); },
         "/certs/a.example/due", "is not empty", "truncate -s 0"},
        {"a wish with content", [](Sound &f) { f.overwrite(f.path("renew"), "x"); },
         "/certs/a.example/renew", "is not empty", "truncate -s 0"},
        {"deployed with content", [](Sound &f) { f.overwrite(f.path("gen/0002/deployed"), "1"); },
         "/certs/a.example/gen/0002/deployed", "is not empty", "truncate -s 0"},
        {"request lost", [](Sound &f) { f.remove(f.path("gen/0002/request.pem")); },
         "/certs/a.example/gen/0002/request.pem", "is missing",
         "acmeproxy renew --force a.example"},
        {"request damaged", [](Sound &f) { f.overwrite(f.path("gen/0001/request.pem"), "x"); },
         "/certs/a.example/gen/0001/request.pem", damaged, "put it back from a backup"},
        {"request of an order lost",
         [](Sound &f) { f.remove("certs/b.example/gen/0001/request.pem"); },
         "/certs/b.example/gen/0001", "cannot be used: request.pem or the key is missing",
         "acmeproxy renew b.example"},
        {"key of an order damaged",
         [](Sound &f) { f.overwrite("certs/b.example/gen/0001/privkey.pem", "x"); },
         "/certs/b.example/gen/0001", "cannot be used", "the next pass abandons it"},
        {"wanted.json damaged", [](Sound &f) { f.overwrite(f.path("gen/0001/wanted.json"), "{}"); },
         "/certs/a.example/gen/0001/wanted.json", damaged, "put it back from a backup"},
        {"a short secret", [](Sound &f) { f.overwrite(f.secret(), "short"); }, "/secrets/",
         "holds 5 bytes, not 32", "clients then begin their orders anew"},
        {"a token damaged",
         [](Sound &f) { f.overwrite("clients/web1/tokens/" + f.token, "{\"format\":1}"); },
         "/clients/web1/tokens/", damaged, "give the client another token"},
        {"a use of a key damaged",
         [](Sound &f) {
             const std::string kid = f.spool.dir().list("clients/web1/eab").front();
             f.overwrite("clients/web1/eab/" + kid.substr(0, kid.size() - 5) + ".used", "x");
         },
         "/clients/web1/eab/", damaged, "acmeproxy client eab revoke"},
        {"a wish of a client damaged",
         [](Sound &f) { f.overwrite("requests/web1@a.web.example.json", "{\"format\":1}"); },
         "/requests/web1@a.web.example.json", damaged, "have the client wish again"},
        {"a note of use with content",
         [](Sound &f) { f.overwrite("requests/" + f.account.str() + ".used", "x"); }, "/requests/",
         "is not empty", "truncate -s 0"},
        {"account key lost", [](Sound &f) { f.remove("cas/pebble/accounts/default/key.pem"); },
         "/cas/pebble/accounts/default/key.pem", "is missing, and there is an account of it",
         "put it back from a backup"},
    };
}

/// `path` ends in a slash where the rest of the name is random.
bool is_at(const std::string &found, const std::string &path)
{
    return path.ends_with('/') ? found.starts_with(path) : found == path;
}

void check_found(const Violation &violation, const std::vector<Finding> &findings, const Sound &f)
{
    bool found = false;
    for (const Finding &finding : findings)
        found = found ||
                (is_at(finding.path, f.base + violation.path) &&
                 holds(finding.what, violation.found) && holds(finding.advice, violation.advice));
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
            if (findings.empty())
                continue;
            check_found(violation, findings, f);
            BOOST_TEST(findings.front().mendable);
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
            for (const Finding &finding : f.check())
                BOOST_TEST((!finding.mendable || !is_at(finding.path, f.base + violation.path)));
            for (const Finding &finding : f.check(Repair::yes))
                BOOST_TEST((!finding.repaired || !is_at(finding.path, f.base + violation.path)),
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

BOOST_AUTO_TEST_CASE(a_claim_that_was_just_made_is_not_taken_for_a_dangling_one)
{
    Sound f;
    f.overwrite("keys/" + thumbprint, f.account.str() + "\n");
    f.overwrite("names/b.web.example", "web1\n");
    BOOST_TEST(f.text(Repair::yes) == "");
}

BOOST_AUTO_TEST_CASE(a_claim_of_a_client_whose_lineage_cannot_be_read_stays)
{
    Sound f;
    f.leave("names/b.web.example", "web1\n");
    f.overwrite("certs/web1@a.web.example/cert.json", "x");
    f.check(Repair::yes);
    BOOST_TEST(f.content("names/b.web.example") == "web1\n");
}

BOOST_AUTO_TEST_CASE(the_group_is_looked_at_where_it_counts)
{
    // As root any, else one of our own besides the spool's.
    gid_t other = 12345;
    if (::geteuid() != 0) {
        std::vector<gid_t> groups(64);
        groups.resize(static_cast<std::size_t>(std::max(::getgroups(64, groups.data()), 0)));
        std::erase(groups, ::getegid());
        if (groups.empty())
            return;
        other = groups.front();
    }
    Sound f;
    const auto give = [&](const std::string &path) {
        BOOST_REQUIRE(::chown((f.base + "/" + path).c_str(), static_cast<uid_t>(-1), other) == 0);
    };
    give(f.path("gen/0002/privkey.pem")); // 0600
    give("challenges");                   // 0755
    BOOST_TEST(f.text() == "");
    for (const std::string &path :
         {f.secret(), std::string("clients/web1"), f.path("cert.json"), std::string("requests")}) {
        give(path);
        const std::string text = f.text();
        BOOST_TEST(holds(text, "/" + path + ": is of group " + std::to_string(other) +
                                   ", not of the spool's group "),
                   text);
        f.check(Repair::yes);
        BOOST_TEST(f.text() == "");
    }
}

BOOST_AUTO_TEST_CASE(another_owner_is_found, *boost::unit_test::label("root") *
                                                 boost::unit_test::precondition(started_by_root))
{
    Sound f;
    BOOST_REQUIRE(::chown((f.base + "/certs").c_str(), 12345, 12345) == 0);
    BOOST_TEST(f.text() == "/certs: belongs to user 12345, not to the spool's owner 0 (chown 0 "
                           "it)\n/certs: is of group 12345, not of the spool's group 0 (chgrp 0 "
                           "it)\n");
}

BOOST_AUTO_TEST_SUITE_END()
