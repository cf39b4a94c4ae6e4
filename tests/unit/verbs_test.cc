// SPDX-License-Identifier: MIT
// Verbs that need no CA, run as main() runs them.
#include "cli/verbs.h"

#include "cli/context.h"
#include "cli/lineage_report.h"
#include "cli/parse.h"
#include "cli/table.h"
#include "cli/usage_error.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

using namespace acmeproxy;

namespace {

class Host {
public:
    /// Without an owner to become: the whole process would.
    Host()
    {
        std::ofstream(conf()).flush();
        init_spool(spool(), "");
    }

    std::string spool() const { return temp_.path() + "/spool"; }
    std::string conf() const { return temp_.path() + "/acmeproxy.conf"; }

    struct Outcome {
        int status;
        std::string out;
    };
    Outcome run(std::vector<std::string> args) const
    {
        args.insert(args.begin(), {"--config", conf(), "--spool", spool()});
        const ParsedCommand command = parse_command(all_verbs(), args, {});
        std::ostringstream out;
        const int status = command.verb->run(command.invocation, out);
        return {status, out.str()};
    }
    /// The text of the Error that it ends with.
    std::string failure(const std::vector<std::string> &args) const
    {
        try {
            run(args);
            return "";
        } catch (const std::exception &e) {
            return describe(e);
        }
    }
    Json json(std::vector<std::string> args) const
    {
        args.push_back("--json");
        return Json::parse(run(args).out);
    }

private:
    TempDir temp_;
};

}

BOOST_AUTO_TEST_SUITE(verbs_test)

BOOST_AUTO_TEST_CASE(a_missing_spool_is_named_with_what_to_do)
{
    const Host host;
    const std::string elsewhere = host.spool() + "/elsewhere";
    const Environment environment{{"ACMEPROXY_SPOOL", elsewhere}};
    const auto command =
        parse_command(all_verbs(), {"status", "--config", host.conf()}, environment);
    std::ostringstream out;
    BOOST_CHECK_EXCEPTION(command.verb->run(command.invocation, out), Error, [&](const Error &e) {
        return e.what() == "there is no spool at " + elsewhere + " (make one: acmeproxy --spool " +
                               elsewhere + " spool init)";
    });
}

BOOST_AUTO_TEST_CASE(a_new_spool_is_complete_and_sound_and_empty)
{
    const Host host;
    BOOST_TEST(host.run({"spool", "init"}).out == "the spool " + host.spool() + " is complete\n");
    BOOST_TEST(host.run({"spool", "check"}).status == 0);
    BOOST_TEST(host.run({"status"}).out == "NAME  STATE  EXPIRES  DUE  LAST ERROR\n");
}

BOOST_AUTO_TEST_CASE(a_lineage_is_added_shown_changed_and_removed)
{
    const Host host;
    const auto added =
        host.run({"cert", "add", "WWW.Example.org.", "example.org", "--later", "--hook", "reload"});
    BOOST_TEST(added.status == 0);
    BOOST_TEST(added.out ==
               "added www.example.org, to be obtained by the next \"acmeproxy renew\"\n");
    const Json shown = host.json({"cert", "show", "Www.Example.Org"});
    BOOST_TEST(shown.string_at("state") == "wanted");
    BOOST_TEST(shown.string_at("hook") == "reload");
    BOOST_TEST(host.json({"cert", "list"}).as_array()->size() == 1U);

    BOOST_TEST(host.run({"cert", "set", "www.example.org", "--add-name", "b.example"}).out ==
               "changed www.example.org\n");
    BOOST_TEST(host.run({"cert", "set", "www.example.org", "--add-name", "b.example"}).out ==
               "nothing of www.example.org is to be changed\n");
    const std::vector<std::string> names{"www.example.org", "example.org", "b.example"};
    BOOST_TEST(host.json({"cert", "show", "www.example.org"}).strings_at("identifiers") == names);

    BOOST_TEST(host.failure({"cert", "add", "www.example.org", "--later"}) ==
               "add the lineage www.example.org: there is one of that name already (choose "
               "another with --name; change it: acmeproxy cert set www.example.org)");
    BOOST_TEST(host.failure({"cert", "show", "ww.example.org"}) ==
               "there is no lineage \"ww.example.org\" (did you mean \"www.example.org\"?)");
    BOOST_TEST(host.failure({"cert", "revoke", "www.example.org"}) ==
               "revoke www.example.org: it has no certificate");
    BOOST_TEST(host.run({"cert", "remove", "www.example.org"}).out == "removed www.example.org\n");
    BOOST_TEST(host.json({"cert", "list"}).as_array()->empty());
}

BOOST_AUTO_TEST_CASE(a_wildcard_is_found_by_what_it_is_for)
{
    const Host host;
    host.run({"cert", "add", "*.example.org", "--later"});
    BOOST_TEST(host.json({"cert", "show", "*.Example.org"}).string_at("name") == "_.example.org");
}

BOOST_AUTO_TEST_CASE(bad_requests_for_a_lineage_are_usage_errors)
{
    const Host host;
    const std::vector<std::vector<std::string>> cases{
        {"cert", "add"},
        {"cert", "add", "a..example", "--later"},
        {"cert", "add", "a.example", "--later", "--name", "../x"},
        {"cert", "add", "a.example", "--later", "--hook", "./x"},
        {"cert", "revoke", "a.example", "--reason", "boredom"},
        {"ca", "add", "lab", "http://ca.example/", "--later"},
        {"ca", "add", "lab", "https://ca.example/", "--later", "--eab-kid", "x"},
    };
    for (const auto &args : cases)
        BOOST_CHECK_THROW(host.run(args), UsageError);
}

BOOST_AUTO_TEST_CASE(a_ca_is_added_shown_and_removed)
{
    const Host host;
    const std::string key = host.spool() + ".key";
    std::ofstream(key) << "c2VjcmV0+/s=\n";
    host.run({"ca", "add", "lab", "https://ca.example/dir", "--later", "--contact", "a@b.example",
              "--eab-kid", "kid-1", "--eab-key-file", key});
    const Json lab = host.json({"ca", "show", "lab"});
    BOOST_TEST(lab.string_at("directory") == "https://ca.example/dir");
    BOOST_TEST(lab.string_at("eab_kid") == "kid-1");
    BOOST_TEST(lab.strings_at("contact") == std::vector<std::string>{"mailto:a@b.example"});
    BOOST_TEST(lab.to_text().find("c2VjcmV0") == std::string::npos);
    BOOST_TEST(host.json({"ca", "list"}).as_array()->size() == 3U);
    BOOST_TEST(host.failure({"ca", "add", "lab", "https://other.example/", "--later"}) ==
               "there is a CA named lab already (change it: --replace)");
    BOOST_TEST(host.failure({"ca", "remove", "letsencrypt"}) ==
               "remove the CA letsencrypt: it is built in");
    host.run({"cert", "add", "a.example", "--ca", "lab", "--later"});
    BOOST_TEST(
        host.failure({"ca", "remove", "lab"}) ==
        "remove the CA lab: lineages use it: a.example (first: acmeproxy cert remove, or cert set "
        "--ca)");
    host.run({"cert", "remove", "a.example"});
    BOOST_TEST(host.run({"ca", "remove", "lab"}).out == "removed the CA lab\n");
    BOOST_TEST(host.failure({"ca", "show", "lab"}) ==
               "there is no CA named lab (see them: acmeproxy ca list)");
}

BOOST_AUTO_TEST_CASE(monitoring_rings_for_damage_and_not_for_what_is_only_wanted)
{
    const Host host;
    host.run({"cert", "add", "a.example", "--later"});
    host.run({"cert", "add", "b.example", "--later"});
    BOOST_TEST(host.run({"status", "--check"}).status == 0);
    std::ofstream(host.spool() + "/certs/b.example/cert.json") << "{";
    BOOST_TEST(host.run({"status", "--check"}).status == 1);
    BOOST_TEST(host.run({"status", "--check", "a.example"}).status == 0);
    BOOST_TEST(host.run({"status"}).status == 0);
    BOOST_TEST(host.json({"cert", "show", "b.example"}).string_at("state") == "damaged");
    BOOST_TEST(host.run({"cert", "show", "b.example"}).status == 1);
}

BOOST_AUTO_TEST_CASE(the_directory_url_belongs_to_the_configured_ca)
{
    const Host host;
    std::ofstream(host.conf()) << "ca = lab\nacme-directory-url = https://ca.example/\n";
    const auto options = [&](std::vector<std::string> args) {
        args.insert(args.begin(), {"--config", host.conf()});
        return renew_options(parse_command(all_verbs(), args, {}).invocation);
    };
    BOOST_TEST(options({"cert", "add", "a.example"}).default_ca == "lab");
    BOOST_TEST(options({"cert", "add", "a.example", "--ca", "other"}).default_ca == "lab");
    BOOST_TEST(options({"cert", "add", "a.example", "--ca", "other", "--acme-directory-url",
                        "https://other.example/"})
                   .default_ca == "other");
}

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_needed)
{
    TextTable table({"A", "B"});
    table.add({"xxx", "y"});
    table.add({"\xc3\xbc", "a\nb"});
    BOOST_TEST(table.to_text() == "A    B\nxxx  y\n\xc3\xbc    a?b\n");
    FieldList fields;
    fields.add("name", "a");
    fields.add("nothing", "");
    fields.add("lines", "b\nc");
    BOOST_TEST(fields.to_text() == "name:   a\nlines:  b\n        c\n");
}

BOOST_AUTO_TEST_CASE(times_are_told_from_now)
{
    const Time now{Seconds(1000000)};
    BOOST_TEST(relative(std::nullopt, now) == "-");
    BOOST_TEST(relative(now, now) == "now");
    BOOST_TEST(relative(now + Seconds(60), now) == "in 60 s");
    BOOST_TEST(relative(now - Seconds(60), now) == "60 s ago");
}

BOOST_AUTO_TEST_SUITE_END()
