// SPDX-License-Identifier: MIT
#include "cli/parse.h"

#include "cli/build_paths.h"
#include "cli/usage_error.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace acmeproxy;

namespace {

int do_nothing(const Invocation &, std::ostream &)
{
    return 0;
}

const std::vector<Verb> &verbs()
{
    static const std::vector<Verb> table{
        {.name = "cert add",
         .synopsis = "NAME...",
         .least = 1,
         .most = Verb::any_number,
         .settings = {"workers", "contact", "self-check", "proxy", "no-proxy", "ca-certificates"},
         .actions = {{.name = "name", .value_name = "NAME", .help = "A name."},
                     {.name = "later", .kind = OptionKind::flag, .help = "Later."}},
         .run = do_nothing},
        {.name = "cert list", .run = do_nothing},
        {.name = "client eab add", .run = do_nothing},
        {.name = "client eab revoke", .run = do_nothing},
        {.name = "status", .synopsis = "[NAME]", .most = 1, .run = do_nothing},
        {.name = "help", .most = Verb::any_number, .is_configured = false, .run = do_nothing},
        {.name = "version", .is_configured = false, .run = do_nothing},
    };
    return table;
}

/// An acmeproxy.conf in a temporary folder.
class Conf {
public:
    explicit Conf(const std::string &text) { std::ofstream(path()) << text; }
    std::string path() const { return temp_.path() + "/acmeproxy.conf"; }

private:
    TempDir temp_;
};

ParsedCommand parse(const std::vector<std::string> &args, const Environment &environment = {})
{
    return parse_command(verbs(), args, environment);
}

ParsedCommand parse_with(const Conf &conf, std::vector<std::string> args,
                         const Environment &environment = {})
{
    args.insert(args.begin(), {"--config", conf.path()});
    return parse(args, environment);
}

/// "text | hint" of the UsageError, or "" where there is none.
std::string refusal(const std::vector<std::string> &args, const Environment &environment = {})
{
    try {
        parse(args, environment);
        return "";
    } catch (const UsageError &e) {
        return std::string(e.what()) + (e.hint().empty() ? "" : " | " + e.hint());
    }
}

/// The text without the folder that the file is in.
std::string refusal_of_conf(const std::string &text)
{
    const Conf conf(text);
    std::string found = refusal({"--config", conf.path(), "status"});
    if (!found.starts_with(conf.path()))
        return found;
    return found.substr(conf.path().size() - std::string("acmeproxy.conf").size());
}

}

BOOST_AUTO_TEST_SUITE(parse_test)

BOOST_AUTO_TEST_CASE(flags_win_over_the_environment_and_that_over_the_file)
{
    const Conf conf("workers = 3\n");
    const std::vector<std::string> verb{"cert", "add", "a.example"};
    const std::vector<std::string> with_flag{"cert", "add", "a.example", "--workers", "5"};
    const Environment environment{{"ACMEPROXY_WORKERS", "4"}};
    const auto all = parse_with(conf, with_flag, environment).invocation;
    BOOST_TEST(all.number("workers") == 5);
    BOOST_TEST((all.origin("workers") == Origin::flag));
    BOOST_TEST(all.given("workers"));
    const auto two = parse_with(conf, verb, environment).invocation;
    BOOST_TEST(two.number("workers") == 4);
    BOOST_TEST((two.origin("workers") == Origin::environment));
    const auto one = parse_with(conf, verb).invocation;
    BOOST_TEST(one.number("workers") == 3);
    BOOST_TEST((one.origin("workers") == Origin::file));
    BOOST_TEST(!one.given("workers"));
    const auto none = parse_with(Conf(""), verb).invocation;
    BOOST_TEST(none.number("workers") == 8);
    BOOST_TEST((none.origin("workers") == Origin::fallback));
}

BOOST_AUTO_TEST_CASE(a_list_is_taken_whole_from_the_first_place_that_has_it)
{
    const Conf conf("contact = a@example.org\ncontact = b@example.org\n");
    const std::vector<std::string> verb{"cert", "add", "x.example"};
    const std::vector<std::string> from_file{"a@example.org", "b@example.org"};
    BOOST_TEST(parse_with(conf, verb).invocation.list("contact") == from_file);
    const std::vector<std::string> from_environment{"c@example.org", "d@example.org"};
    const Environment environment{{"ACMEPROXY_CONTACT", "c@example.org, d@example.org,"}};
    BOOST_TEST(parse_with(conf, verb, environment).invocation.list("contact") == from_environment);
    const std::vector<std::string> from_flags{"e@example.org", "f@example.org"};
    const auto flags = parse_with(
        conf, {"cert", "add", "--contact", "e@example.org", "x.example", "--contact=f@example.org"},
        environment);
    BOOST_TEST(flags.invocation.list("contact") == from_flags);
    BOOST_TEST(flags.invocation.arguments == std::vector<std::string>{"x.example"});
}

BOOST_AUTO_TEST_CASE(a_flag_can_be_taken_back)
{
    const Conf conf("self-check = yes\n");
    const std::vector<std::string> verb{"cert", "add", "x.example"};
    BOOST_TEST(parse_with(conf, verb).invocation.flag("self-check"));
    const Environment off{{"ACMEPROXY_SELF_CHECK", "0"}};
    BOOST_TEST(!parse_with(conf, verb, off).invocation.flag("self-check"));
    const std::vector<std::string> no{"cert", "add", "x.example", "--no-self-check"};
    BOOST_TEST(!parse_with(conf, no).invocation.flag("self-check"));
    const std::vector<std::string> last{"cert", "add", "x.example", "--no-self-check",
                                        "--self-check"};
    BOOST_TEST(parse_with(Conf(""), last).invocation.flag("self-check"));
    BOOST_TEST(!parse_with(Conf(""), verb).invocation.flag("self-check"));
}

BOOST_AUTO_TEST_CASE(options_may_stand_before_the_verb_and_two_dashes_end_them)
{
    const auto command =
        parse_with(Conf(""), {"--spool", "/s", "cert", "add", "--later", "--", "--x"});
    BOOST_TEST(command.verb->name == "cert add");
    BOOST_TEST(command.invocation.text("spool") == "/s");
    BOOST_TEST(command.invocation.flag("later"));
    BOOST_TEST(command.invocation.arguments == std::vector<std::string>{"--x"});
    BOOST_TEST(command.invocation.text("name") == "");
    BOOST_CHECK_THROW(command.invocation.text("force"), std::logic_error);
}

BOOST_AUTO_TEST_CASE(mistakes_on_the_command_line_are_explained)
{
    const std::string help = " | see \"acmeproxy help\"";
    const std::string help_add = " | see \"acmeproxy help cert add\"";
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{}, "no verb is given" + help},
        {{"stauts"}, "unknown verb \"stauts\" (did you mean \"status\"?)" + help},
        {{"xyzzy"}, "unknown verb \"xyzzy\"" + help},
        {{"xyzzy", "plugh"}, "unknown verb \"xyzzy\"" + help},
        {{"stauts", "a.example"},
         "unknown verb \"stauts a.example\" (did you mean \"status\"?)" + help},
        {{"cert"}, "\"cert\" is followed by add, list" + help},
        {{"cert", "ad", "x"}, "unknown verb \"cert ad\" (did you mean \"cert add\"?)" + help},
        {{"cert", "frobnicate"}, "unknown verb \"cert frobnicate\"" + help},
        {{"cert", "add"}, "\"cert add\" needs NAME..." + help_add},
        {{"status", "a", "b"}, "\"status\" has no use for \"b\" | see \"acmeproxy help status\""},
        {{"status", "--wokers", "3"},
         "unknown option --wokers (did you mean \"--workers\"?)" + help},
        {{"status", "--workers", "3"},
         "\"status\" takes no option --workers | see \"acmeproxy help status\""},
        {{"cert", "add", "x", "--workers", "many"},
         "--workers: \"many\" is not a number" + help_add},
        {{"status", "--spool", "a", "--spool", "b"}, "--spool is given more than once"},
        {{"status", "--spool"}, "the required argument for option '--spool' is missing" + help},
        {{"status", "--syslog=no"}, "option '--syslog' does not take any arguments" + help},
        {{"status", "--log", "debug"},
         "unknown option --log (did you mean \"--log-level\"?)" + help},
        {{"status", "--work", "3"}, "unknown option --work (did you mean \"--workers\"?)" + help},
        {{"status", "--wo"}, "unknown option --wo" + help},
        {{"client", "eab"}, "\"client eab\" is followed by add, revoke" + help},
        {{"client"}, "\"client\" is followed by eab add, eab revoke" + help},
        {{"status", "-x"}, "unknown option -x" + help},
    };
    for (const auto &[args, expected] : cases)
        BOOST_TEST(refusal(args) == expected);
}

BOOST_AUTO_TEST_CASE(mistakes_in_the_file_are_named_by_line)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {"# x\n\nworkers = 99\n", "acmeproxy.conf:3: workers: 99 is not between 1 and 64"},
        {"ca = Bad Name\n", "acmeproxy.conf:1: ca: CA name \"Bad Name\": must be 1 to 63 "
                            "lower-case letters, digits and inner hyphens"},
        {"ca = a,b\n", "acmeproxy.conf:1: ca: CA name \"a,b\": must be 1 to 63 "
                       "lower-case letters, digits and inner hyphens"},
        {"wrokers = 3\n", "acmeproxy.conf:1: unknown key \"wrokers\" (did you mean \"workers\"?)"},
        {"later = yes\n", "acmeproxy.conf:1: unknown key \"later\""},
        {"workers\n", "acmeproxy.conf:1: \"workers\" is not a line of \"key = value\""},
        {"= 3\n", "acmeproxy.conf:1: there is no key before \"=\""},
        {"workers = 3\nworkers = 3\n", "acmeproxy.conf:2: workers is set twice"},
        {"workers =\n", "acmeproxy.conf:1: workers: \"\" is not a number"},
        {"self-check = perhaps\n",
         "acmeproxy.conf:1: self-check: \"perhaps\" is neither yes nor no"},
        {"config = /x\n", "acmeproxy.conf:1: config cannot be set in the file itself"},
        {"ca = \xff\n", "acmeproxy.conf:1: the line is not UTF-8 text"},
        {"workers = 3 # three\r\n\t ca-certificates=/a b.pem\n#ca = 1\nproxy = http://x/#y\n", ""},
    };
    for (const auto &[text, expected] : cases)
        BOOST_TEST(refusal_of_conf(text) == expected);
}

BOOST_AUTO_TEST_CASE(a_bad_value_is_an_error_also_where_another_one_wins)
{
    const Conf conf("workers = 0\n");
    BOOST_CHECK_THROW(parse_with(conf, {"cert", "add", "x", "--workers", "5"}), UsageError);
    BOOST_TEST(refusal({"cert", "add", "x", "--workers", "5"}, {{"ACMEPROXY_WORKERS", "none"}}) ==
               "ACMEPROXY_WORKERS: \"none\" is not a number");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_named_must_exist)
{
    const std::string hint = " | it was named by --config or ACMEPROXY_CONFIG";
    BOOST_TEST(refusal({"status", "--config", "/nonexistent/x.conf"}) ==
               "read /nonexistent/x.conf: there is no such file" + hint);
    BOOST_TEST(refusal({"status"}, {{"ACMEPROXY_CONFIG", "/nonexistent/x.conf"}}) ==
               "read /nonexistent/x.conf: there is no such file" + hint);
    BOOST_TEST(refusal({"status", "--config", "/"}) == "read /: Is a directory");
}

BOOST_AUTO_TEST_CASE(unknown_variables_are_warned_of_but_those_of_hooks_are_not)
{
    const auto command = parse_with(Conf(""), {"status"},
                                    {{"ACMEPROXY_WORKER", "4"},
                                     {"ACMEPROXY_CERT_NAME", "a.example"},
                                     {"ACMEPROXY_SPOOL", ""},
                                     {"HOME", "/root"}});
    BOOST_TEST(command.warnings ==
               std::vector<std::string>{"the variable ACMEPROXY_WORKER is no setting "
                                        "(did you mean \"ACMEPROXY_WORKERS\"?)"});
    BOOST_TEST(command.invocation.text("spool") == default_spool());
}

BOOST_AUTO_TEST_CASE(old_habits_are_honoured_below_the_settings)
{
    const std::vector<std::string> verb{"cert", "add", "x"};
    const Environment habits{{"https_proxy", "http://p:1"},
                             {"no_proxy", "localhost"},
                             {"HTTPS_PROXY", "http://upper:1"},
                             {"LEGO_CA_CERTIFICATES", "/a.pem:/b.pem"}};
    const auto found = parse_with(Conf(""), verb, habits).invocation;
    BOOST_TEST(found.text("proxy") == "http://p:1");
    BOOST_TEST(found.text("no-proxy") == "localhost");
    BOOST_TEST((found.origin("proxy") == Origin::habit));
    const std::vector<std::string> both{"/a.pem", "/b.pem"};
    BOOST_TEST(found.list("ca-certificates") == both);
    const Conf conf("proxy = http://q:1\nca-certificates = /c.pem\n");
    BOOST_TEST(parse_with(conf, verb, habits).invocation.text("proxy") == "http://q:1");
    Environment more = habits;
    more["ACMEPROXY_CA_CERTIFICATES"] = "/d.pem";
    BOOST_TEST(parse_with(conf, verb, more).invocation.list("ca-certificates") ==
               std::vector<std::string>{"/d.pem"});
}

BOOST_AUTO_TEST_CASE(no_proxy_is_taken_from_a_cgi_request_or_upper_case)
{
    const std::vector<std::string> verb{"cert", "add", "x"};
    for (const char *cgi : {"GATEWAY_INTERFACE", "REQUEST_METHOD"}) {
        const Environment environment{{"https_proxy", "http://p:1"}, {cgi, "x"}};
        BOOST_TEST(parse_with(Conf(""), verb, environment).invocation.text("proxy") == "");
    }
    const Environment upper{{"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://p:1"}};
    BOOST_TEST(parse_with(Conf(""), verb, upper).invocation.text("proxy") == "");
}

BOOST_AUTO_TEST_CASE(help_works_whatever_else_is_wrong)
{
    const Environment bad{{"ACMEPROXY_WORKERS", "x"}, {"ACMEPROXY_CONFIG", "/nonexistent"}};
    const auto help = parse({"cert", "add", "--help", "--workers", "x"}, bad);
    BOOST_TEST(help.verb->name == "help");
    const std::vector<std::string> words{"cert", "add"};
    BOOST_TEST(help.invocation.arguments == words);
    BOOST_TEST(parse({"-h"}, bad).verb->name == "help");
    BOOST_TEST(parse({"status", "--version"}, bad).verb->name == "version");
    BOOST_TEST(parse({"--version", "--help"}, bad).verb->name == "help");
}

BOOST_AUTO_TEST_SUITE_END()
