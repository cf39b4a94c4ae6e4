// SPDX-License-Identifier: MIT
#include "cli/cert_spec.h"

#include "cli/parse.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "crypto/csr.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace acmeproxy;

namespace {

Invocation parse(std::vector<std::string> args, const Environment &environment = {})
{
    static const TempDir temp;
    const std::string conf = temp.path() + "/empty.conf";
    std::ofstream(conf).flush();
    args.insert(args.end(), {"--config", conf});
    return parse_command(all_verbs(), args, environment).invocation;
}

LineageSpec of(const std::vector<std::string> &names)
{
    LineageSpec spec;
    apply_names(spec, names, {});
    return spec;
}

std::string refusal(const std::vector<std::string> &before, const std::vector<std::string> &added,
                    const std::vector<std::string> &dropped)
{
    LineageSpec spec = of(before);
    try {
        apply_names(spec, added, dropped);
        return "";
    } catch (const UsageError &e) {
        return e.what();
    }
}

}

BOOST_AUTO_TEST_SUITE(cert_spec_test)

BOOST_AUTO_TEST_CASE(names_are_canonical_and_not_repeated)
{
    const LineageSpec spec =
        of({"B\xc3\xbc"
            "cher.Example.",
            "a.example", "XN--BCHER-KVA.example", "192.0.2.1", "2001:DB8::0:1"});
    BOOST_TEST(to_text(spec.identifiers) ==
               "xn--bcher-kva.example, a.example, 192.0.2.1, 2001:db8::1");
}

BOOST_AUTO_TEST_CASE(names_are_added_and_dropped)
{
    LineageSpec spec = of({"a.example", "b.example"});
    apply_names(spec, {"C.example", "b.example"}, {"A.EXAMPLE"});
    BOOST_TEST(to_text(spec.identifiers) == "b.example, c.example");
    BOOST_TEST(refusal({"a.example"}, {}, {"b.example"}) == "b.example is not in the certificate");
    BOOST_TEST(refusal({"a.example"}, {}, {"a.example"}) ==
               "a certificate needs at least one name");
    BOOST_TEST(refusal({"a.example"}, {"a_b..example"}, {}) != "");
}

BOOST_AUTO_TEST_CASE(a_new_lineage_takes_settings_and_a_change_only_what_is_given)
{
    const Environment environment{{"ACMEPROXY_KEY_TYPE", "ec384"},
                                  {"ACMEPROXY_PROFILE", "shortlived"},
                                  {"ACMEPROXY_CA", "lab"},
                                  {"ACMEPROXY_PREFERRED_CHAIN", "Root"}};
    LineageSpec added;
    apply_options(added, parse({"cert", "add", "a.example", "--hook", "reload"}, environment),
                  Which::all);
    BOOST_TEST((added.key_type == KeyType::ec384));
    BOOST_TEST(added.profile == "shortlived");
    BOOST_TEST(added.ca == "");              // follows the configured default
    BOOST_TEST(added.preferred_chain == ""); // so does this
    BOOST_TEST(added.hook == "reload");

    LineageSpec changed = added;
    apply_options(changed,
                  parse({"cert", "set", "a.example", "--ca", "other", "--reuse-key", "--hook", ""}),
                  Which::given);
    BOOST_TEST(changed.ca == "other");
    BOOST_TEST(changed.reuse_key);
    BOOST_TEST(changed.hook == "");
    BOOST_TEST((changed.key_type == KeyType::ec384));
    BOOST_TEST(changed.profile == "shortlived");
}

BOOST_AUTO_TEST_CASE(a_request_brings_its_names)
{
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const std::string pem =
        Csr::make(key, {Identifier::parse("b.example"), Identifier::parse("a.example")}).pem();
    LineageSpec spec;
    spec.reuse_key = true;
    apply_csr(spec, pem);
    BOOST_TEST(to_text(spec.identifiers) == "a.example, b.example");
    BOOST_TEST(!spec.makes_key());
    BOOST_TEST(!spec.reuse_key);
    BOOST_CHECK_THROW(apply_names(spec, {"c.example"}, {}), UsageError);
}

BOOST_AUTO_TEST_CASE(a_request_is_checked_when_it_is_read)
{
    const TempDir temp;
    const std::string file = temp.path() + "/request.pem";
    std::ofstream(file) << "hello\n";
    BOOST_CHECK_EXCEPTION(read_csr(file), Error, [&](const Error &e) {
        return describe(e).starts_with("read the request " + file + ": ");
    });
    BOOST_CHECK_THROW(read_csr(temp.path() + "/nothing.pem"), Error);
    const PrivateKey weak = PrivateKey::generate(KeyType::ed25519);
    LineageSpec spec;
    BOOST_CHECK_THROW(apply_csr(spec, Csr::make(weak, {Identifier::parse("a.example")}).pem()),
                      Error);
}

BOOST_AUTO_TEST_CASE(an_unknown_ca_is_refused_with_what_to_do)
{
    const TempDir temp;
    init_spool(temp.path() + "/spool", "");
    const Spool spool(temp.path() + "/spool");
    LineageSpec spec = of({"a.example"});
    BOOST_CHECK_NO_THROW(check_spec(spool, spec));
    spec.ca = "letsencrypt-staging";
    BOOST_CHECK_NO_THROW(check_spec(spool, spec));
    spec.ca = "lab";
    BOOST_CHECK_EXCEPTION(check_spec(spool, spec), Error, [](const Error &e) {
        return std::string(e.what()) ==
               "there is no CA named \"lab\" (add it: acmeproxy ca add lab URL)";
    });
}

BOOST_AUTO_TEST_SUITE_END()
