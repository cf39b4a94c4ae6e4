// SPDX-License-Identifier: MIT
#include "import/take_over.h"

#include "spool/check.h"
#include "unit/import_fixture.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <openssl/pem.h>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr Time now = TestCa::epoch;

struct Host : SpoolFixture {
    /// One line an outcome: "taken certificate a.example: for ...".
    std::string run(TakeOver::Run kind = TakeOver::Run::real, Time when = now)
    {
        static const char *const words[] = {"taken", "here", "skipped"};
        TakeOver job(&spool, options, kind, when);
        std::string text;
        for (const Outcome &outcome : job.all_of(tree))
            text += std::string(words[static_cast<int>(outcome.kind)]) + " " + outcome.name + ": " +
                    outcome.text + "\n";
        return text;
    }
    FoundLineage &add(const std::string &name, const std::vector<std::string> &names)
    {
        tree.lineages.push_back(source.found(name, names));
        return tree.lineages.back();
    }
    FoundAccount &add_account(const std::string &id, const std::string &directory)
    {
        tree.accounts.push_back({.key = PrivateKey::generate(KeyType::ec256)});
        FoundAccount &account = tree.accounts.back();
        account.id = id;
        account.directory = directory;
        account.url = "https://ca.example/acct/" + id;
        return account;
    }
    AccountFiles account(const std::string &ca_name) const
    {
        return {spool, CaName::parse(ca_name), ClientId::parse("default")};
    }

    ImportFixture source;
    FoundTree tree;
    TakeOverOptions options;
};

/// acmeproxy makes none, some other programs do.
std::string p521_pem()
{
    const KeyHandle key(or_throw(EVP_EC_gen("P-521"), "make a key"));
    const BioHandle memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

}

BOOST_AUTO_TEST_SUITE(take_over_test)

BOOST_AUTO_TEST_CASE(a_lineage_is_as_if_it_had_been_obtained_here)
{
    Host f;
    FoundLineage &found = f.add("b.example", {"a.example", "b.example"});
    found.reuse_key = true;
    found.preferred_chain = "Root X";
    found.profile = "shortlived";
    f.options.hook = "reload";
    f.options.ca_certificates = {"/etc/lab.pem"};
    BOOST_TEST(f.run() == "taken CA ca-example: https://ca.example/dir\n"
                          "taken certificate b.example: for b.example, a.example; expires "
                          "2026-12-20T14:13:20Z; from the CA ca-example\n");
    const Lineage lineage(f.spool, LineageName::parse("b.example"));
    const LineageSpec spec = lineage.spec();
    BOOST_TEST(to_text(spec.identifiers) == "b.example, a.example");
    BOOST_TEST(spec.ca == "ca-example");
    BOOST_TEST(spec.reuse_key);
    BOOST_TEST(spec.preferred_chain == "Root X");
    BOOST_TEST(spec.profile == "shortlived");
    BOOST_TEST(spec.hook == "reload");
    BOOST_TEST((lineage.live() == 1));
    BOOST_TEST(lineage.private_key(1)->spki() == found.key.spki());
    BOOST_TEST(lineage.is_complete(1));
    BOOST_TEST(load_ca(f.spool, CaName::parse("ca-example"))->ca_certificates.at(0) ==
               "/etc/lab.pem");
    std::vector<std::string> damage;
    const LineageFacts facts = lineage.facts(spec, &damage);
    BOOST_TEST(damage.empty());
    BOOST_TEST((state_of(facts) == State::live));
    BOOST_TEST((next_step(facts, false) == Next{Step::deploy, 1}));
    BOOST_TEST((lineage.due().value() <= system_clock().now()));
    BOOST_TEST(f.spool.dir().list("tmp").empty());
}

BOOST_AUTO_TEST_CASE(a_hook_of_the_other_program_is_told_and_left)
{
    Host f;
    f.add("a.example", {"a.example"}).hook = "systemctl reload nginx";
    f.add("b.example", {"b.example"}).hook = "systemctl reload nginx";
    f.options.names = {"a.example"};
    BOOST_TEST(has(f.run(), "ca-example; not taken over: its hook, systemctl reload nginx\n"));
    BOOST_TEST(Lineage(f.spool, LineageName::parse("a.example")).spec().hook == "");
    f.options.names = {"b.example"};
    f.options.hook = "reload";
    BOOST_TEST(!has(f.run(), "not taken over"));
}

BOOST_AUTO_TEST_CASE(it_counts_as_stored_when_it_became_valid)
{
    Host f;
    f.add("a.example", {"a.example"});
    const Time late = now + days(85);
    f.run(TakeOver::Run::real, late);
    const Lineage lineage(f.spool, LineageName::parse("a.example"));
    BOOST_TEST((lineage.stored_at(1) == now - hours(1)));
    // Otherwise the floor between two certificates would hold it back until it has expired.
    RenewalQuestion question;
    question.times = times_of(lineage.chain(1)->front(), lineage.stored_at(1));
    BOOST_TEST((renewal_reason(question, late) == RenewalReason::lifetime));
}

BOOST_AUTO_TEST_CASE(a_second_time_changes_nothing)
{
    Host f;
    f.add("a.example", {"a.example"});
    f.add_account("1", "https://ca.example/dir");
    BOOST_TEST(has(f.run(), "taken account at ca-example: https://ca.example/acct/1\n"));
    const std::string before = f.snapshot();
    BOOST_TEST(f.run() == "here certificate a.example: as lineage a.example\n"
                          "here account at ca-example: https://ca.example/acct/1\n");
    BOOST_TEST(f.snapshot() == before);
    // After a renewal, too.
    const Lineage lineage(f.spool, LineageName::parse("a.example"));
    f.deploy(lineage, 2);
    BOOST_TEST(has(f.run(), "here certificate a.example: "));
    BOOST_TEST((lineage.live() == 2));
}

BOOST_AUTO_TEST_CASE(a_dry_run_says_the_same_and_changes_nothing)
{
    Host f;
    f.add("a.example", {"a.example"});
    f.add_account("1", "https://ca.example/dir");
    const std::string before = f.snapshot();
    const std::string dry = f.run(TakeOver::Run::dry);
    BOOST_TEST(f.snapshot() == before);
    TakeOver without_spool(nullptr, f.options, TakeOver::Run::dry, now);
    BOOST_TEST(without_spool.all_of(f.tree).size() == 3U);
    BOOST_TEST(dry == f.run());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_kept_fresh_is_skipped)
{
    Host f;
    f.add("*.a.example", {"*.a.example", "a.example"});
    f.add("dns.example", {"dns.example"}).dns_method = "dns-x";
    f.add("mixed.example", {"mixed.example"}).key = PrivateKey::generate(KeyType::ec256);
    f.add("taken.example", {"taken.example"});
    f.SpoolFixture::add("taken.example");
    f.tree.unreadable.push_back({"certificate bad.example", "it is bad"});
    const std::string text = f.run();
    for (const char *part :
         {"skipped certificate *.a.example: it is for *.a.example: a CA proves wildcards by dns-01",
          "skipped certificate dns.example: its names were proved by dns-01 (dns-x)",
          "skipped certificate mixed.example: certificate chain: the certificate is for another",
          "skipped certificate taken.example: there is a lineage taken.example already",
          "skipped certificate bad.example: it is bad\n"})
        BOOST_TEST(has(text, part), part);
    BOOST_TEST(!has(text, "taken certificate"));
    BOOST_TEST(f.spool.lineages().size() == 1U);
    BOOST_TEST(f.spool.cas().empty());
    f.options.with_dns = true;
    f.options.names = {"dns.example", "none.example"};
    const std::string chosen = f.run();
    BOOST_TEST(has(chosen, "taken certificate dns.example: "));
    BOOST_TEST(has(chosen, "skipped certificate none.example: the folder has none\n"));
    BOOST_TEST(!has(chosen, "bad.example"));
    f.options.names = {"mixed.example"};
    f.tree.lineages.clear();
    f.add("old.example", {"old.example"});
    f.options.names.clear();
    BOOST_TEST(has(f.run(TakeOver::Run::real, now + days(91)),
                   "skipped certificate old.example: certificate chain: "));
}

BOOST_AUTO_TEST_CASE(names_that_can_be_none_of_ours_give_way_to_the_first_identifier)
{
    Host f;
    f.add("My Site", {"a.example"});
    f.add("client@b.example", {"b.example"});
    f.add("C.Example", {"c.example"});
    f.add("d.example-0001", {"d.example"});
    f.run();
    std::string names;
    for (const LineageName &name : f.spool.lineages())
        names += name.str() + " ";
    BOOST_TEST(names == "a.example b.example c.example d.example-0001 ");
}

BOOST_AUTO_TEST_CASE(the_ca_is_known_by_its_url_or_host_or_said)
{
    Host f;
    f.options.default_ca = "letsencrypt";
    f.add("le.example", {"le.example"}).directory =
        built_in_directory(CaName::parse("letsencrypt"));
    f.add("new.example", {"new.example"}).directory = "https://ca.example:14000/dir";
    f.add("other.example", {"other.example"}).directory = "https://ca.example:14000/other";
    FoundLineage &by_host = f.add("host.example", {"host.example"});
    by_host.directory = "";
    by_host.host = "acme-v02.api.letsencrypt.org";
    FoundLineage &unknown = f.add("unknown.example", {"unknown.example"});
    unknown.directory = "";
    unknown.host = "x.example";
    FoundLineage &nothing = f.add("nothing.example", {"nothing.example"});
    nothing.directory = nothing.host = "";
    f.add("http.example", {"http.example"}).directory = "http://ca.example/dir";
    f.add("odd.example", {"odd.example"}).directory = "https://ca.example/d ir";
    const std::string text = f.run();
    for (const char *part :
         {"le.example: for le.example; expires 2026-12-20T14:13:20Z; from the CA letsencrypt\n",
          "from the CA ca-example-14000\n", "from the CA ca-example-14000-2\n",
          "host.example: for host.example; expires 2026-12-20T14:13:20Z; from the CA letsencrypt\n",
          "skipped certificate unknown.example: it is from x.example, and nothing says that CA's",
          "skipped certificate nothing.example: nothing says which CA it is from",
          "skipped certificate http.example: its CA's directory is no https URL: http://",
          "skipped certificate odd.example: its CA's directory is no https URL: "})
        BOOST_TEST(has(text, part), part);
    f.options.ca = CaName::parse("letsencrypt");
    f.options.names = {"unknown.example"};
    BOOST_TEST(has(f.run(), "from the CA letsencrypt\n"));
    f.options.ca = CaName::parse("none");
    f.options.names = {"nothing.example"};
    BOOST_TEST(f.run() == "skipped certificate nothing.example: there is no CA named \"none\"\n");
}

BOOST_AUTO_TEST_CASE(the_configured_directory_is_the_default_ca)
{
    Host f;
    f.options.default_ca = "letsencrypt";
    f.options.directory_url = "https://ca.example/dir";
    f.add("a.example", {"a.example"});
    BOOST_TEST(has(f.run(), "from the CA letsencrypt\n"));
    BOOST_TEST(f.spool.cas().empty());
}

BOOST_AUTO_TEST_CASE(of_several_accounts_the_one_that_most_lineages_name)
{
    Host f;
    f.add("a.example", {"a.example"}).account = "1";
    f.add("b.example", {"b.example"}).account = "2";
    f.add("c.example", {"c.example"}).account = "2";
    f.add_account("1", "https://ca.example/dir");
    f.add_account("2", "https://ca.example/dir");
    f.add_account("3", "https://unused.example/dir");
    const std::string text = f.run();
    BOOST_TEST(has(text, "taken account at ca-example: https://ca.example/acct/2\n"));
    BOOST_TEST(!has(text, "unused"));
    BOOST_TEST(f.account("ca-example").key()->spki() == f.tree.accounts[1].key.spki());
    BOOST_TEST(f.account("ca-example").record()->url == "https://ca.example/acct/2");
    BOOST_TEST(f.account("ca-example").record()->directory == "https://ca.example/dir");
}

BOOST_AUTO_TEST_CASE(an_account_that_is_there_stays)
{
    Host f;
    CaConfig lab;
    lab.directory = "https://ca.example/dir";
    save_ca(f.spool, CaName::parse("lab"), lab);
    f.account("lab").prepare();
    const PrivateKey own = PrivateKey::generate(KeyType::ec256);
    f.account("lab").write_key(own);
    f.add("a.example", {"a.example"});
    f.add_account("1", "https://ca.example/dir");
    BOOST_TEST(has(f.run(), "skipped account at lab: the spool has an account there already"));
    BOOST_TEST(f.account("lab").key()->spki() == own.spki());
}

BOOST_AUTO_TEST_CASE(an_account_key_that_nothing_here_can_sign_with_stays_there)
{
    Host f;
    f.add("a.example", {"a.example"});
    f.add_account("1", "https://ca.example/dir").key = PrivateKey::from_pem(p521_pem());
    BOOST_TEST(has(f.run(), "skipped account at ca-example: sign: there is no JWS algorithm for "
                            "a key on this curve (the first renewal makes an account)\n"));
    BOOST_TEST(!f.account("ca-example").key());
}

BOOST_AUTO_TEST_CASE(an_account_without_a_url_is_found_by_its_key_later)
{
    Host f;
    f.add("a.example", {"a.example"});
    FoundAccount &account = f.add_account("keys/1", "");
    account.host = "ca.example";
    account.url = "";
    BOOST_TEST(has(f.run(), "taken account at ca-example: keys/1\n"));
    BOOST_TEST(f.account("ca-example").key().has_value());
    BOOST_TEST(!f.account("ca-example").record());
}

BOOST_AUTO_TEST_SUITE_END()
