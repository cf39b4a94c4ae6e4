// SPDX-License-Identifier: MIT
// acmeproxy client ..., run as main() runs it.
#include "base/encoding.h"
#include "cli/client_commands.h"
#include "cli/parse.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "spool/ca_store.h"
#include "spool/client_store.h"
#include "spool/lineage.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <functional>
#include <sstream>

using namespace acmeproxy;

namespace {

struct Host {
    Host()
        : base(temp.path() + "/spool"), conf(temp.path() + "/acmeproxy.conf"),
          made(init_spool(base, "")), spool(base), clients(spool)
    {
        std::ofstream(conf).flush();
    }

    std::string run(std::vector<std::string> args, int expected = 0)
    {
        args.insert(args.begin(), {"--config", conf, "--spool", base});
        const ParsedCommand command = parse_command(all_verbs(), args, environment);
        std::ostringstream out;
        BOOST_TEST(command.verb->run(command.invocation, out) == expected);
        return out.str();
    }
    std::string failure(const std::vector<std::string> &args)
    try {
        return "no failure: " + run(args);
    } catch (const std::exception &e) {
        return describe(e);
    }
    Json json(std::vector<std::string> args, int expected = 0)
    {
        args.push_back("--json");
        return Json::parse(run(args, expected));
    }
    ClientPolicy policy(const std::string &id) { return clients.load_policy(ClientId::parse(id)); }

    TempDir temp;
    std::string base;
    std::string conf;
    std::vector<std::string> made;
    Spool spool;
    ClientStore clients;
    Environment environment;
};

}

BOOST_FIXTURE_TEST_SUITE(client_verbs_test, Host)

BOOST_AUTO_TEST_CASE(a_client_is_added_with_its_rights)
{
    BOOST_TEST(
        run({"client", "add", "web1", "--allow", "A.Example", "--allow", "*.b.example,!x.b.example",
             "--mode", "gateway,agent", "--quota", "20/day", "--ca", "letsencrypt-staging",
             "--profile", "shortlived,classic", "--own-account"}) == "added the client web1\n");
    const ClientPolicy made_policy = policy("web1");
    BOOST_TEST(made_policy.enabled);
    BOOST_TEST((made_policy.modes == std::set<std::string>{"agent", "gateway"}));
    BOOST_TEST_REQUIRE(made_policy.names.size() == 3U);
    BOOST_TEST(made_policy.names[0].text() == "a.example");
    BOOST_TEST(made_policy.names[2].text() == "!x.b.example");
    BOOST_TEST((made_policy.orders_per_day == 20));
    BOOST_TEST(made_policy.cas.front().str() == "letsencrypt-staging");
    BOOST_TEST(made_policy.profiles.size() == 2U);
    BOOST_TEST(made_policy.own_account);
}

BOOST_AUTO_TEST_CASE(the_least_is_a_name_and_means_little)
{
    // the settings ca and profile are those of lineages, not of clients
    environment = {{"ACMEPROXY_CA", "letsencrypt-staging"}, {"ACMEPROXY_PROFILE", "x"}};
    run({"client", "add", "web1"});
    const ClientPolicy made_policy = policy("web1");
    BOOST_TEST((made_policy.modes == std::set<std::string>{"gateway"}));
    BOOST_TEST(made_policy.names.empty());
    BOOST_TEST(made_policy.cas.empty());
    BOOST_TEST(made_policy.profiles.empty());
    BOOST_TEST(!made_policy.orders_per_day.has_value());
    BOOST_TEST(!made_policy.own_account);
    run({"client", "add", "web2", "--allow", "a.example", "b.example"});
    BOOST_TEST(policy("web2").names.size() == 2U);
}

BOOST_AUTO_TEST_CASE(wrong_command_lines_add_nothing_and_say_why)
{
    const std::vector<std::pair<std::vector<std::string>, std::string>> table = {
        {{"Web"},
         "client id \"Web\": must be 1 to 63 lower-case letters, digits and inner hyphens"},
        {{"../x"},
         "client id \"../x\": must be 1 to 63 lower-case letters, digits and inner hyphens"},
        {{"default"}, "a client cannot be named \"default\""},
        {{"w", "--allow", "*"},
         "pattern \"*\": a bare star would cover the whole world; put a domain behind it"},
        {{"w", "--allow", "**.co.uk"},
         "pattern \"**.co.uk\": co.uk is a public suffix: the names below it belong to many"},
        {{"w", "--mode", "root"}, "--mode: \"root\" is no mode"},
        {{"w", "--ca", "nowhere"}, "there is no CA named nowhere (see them: acmeproxy ca list)"},
    };
    for (const auto &[words, text] : table) {
        std::vector<std::string> args{"client", "add"};
        args.insert(args.end(), words.begin(), words.end());
        BOOST_TEST(failure(args) == text);
    }
    for (const char *quota : {"-1", "x", "20/week", "/day", "1000001"})
        BOOST_TEST(!failure({"client", "add", "w", "--quota", quota}).starts_with("no failure"),
                   quota);
    BOOST_TEST(clients.clients().empty());
    run({"client", "add", "web1"});
    BOOST_TEST(failure({"client", "add", "web1", "--allow", "a.example"}) ==
               "add the client web1: there is one of that name (change it: acmeproxy client allow "
               "web1 PATTERN, acmeproxy client set web1)");
    BOOST_TEST(failure({"client", "show", "web2"}) ==
               "there is no client \"web2\" (did you mean \"web1\"?)");
}

BOOST_AUTO_TEST_CASE(set_changes_what_is_given_and_keeps_the_rest)
{
    // the settings ca and profile are those of lineages, not of clients
    environment = {{"ACMEPROXY_CA", "letsencrypt"}, {"ACMEPROXY_PROFILE", "x"}};
    run({"client", "add", "web1", "--allow", "a.example,!b.example", "--mode", "gateway", "--quota",
         "20/day", "--ca", "letsencrypt-staging", "--profile", "shortlived", "--own-account"});
    run({"client", "disable", "web1"});
    const auto text = [&] { return to_json(policy("web1")).to_text(); };
    const auto text_with = [&](const std::function<void(ClientPolicy &)> &change) {
        ClientPolicy expected = policy("web1");
        change(expected);
        return to_json(expected).to_text();
    };
    const std::vector<std::pair<std::vector<std::string>, std::function<void(ClientPolicy &)>>>
        table = {
            {{"--quota", "5/day"}, [](ClientPolicy &p) { p.orders_per_day = 5; }},
            {{"--quota", "0"}, [](ClientPolicy &p) { p.orders_per_day = 0; }},
            {{"--quota", "none"}, [](ClientPolicy &p) { p.orders_per_day = std::nullopt; }},
            {{"--quota", "7"}, [](ClientPolicy &p) { p.orders_per_day = 7; }},
            {{"--quota", ""}, [](ClientPolicy &p) { p.orders_per_day = std::nullopt; }},
            {{"--mode", "agent"}, [](ClientPolicy &p) { p.modes = {"agent"}; }},
            {{"--mode", "agent", "--mode", "gateway"},
             [](ClientPolicy &p) {
                 p.modes = {"agent", "gateway"};
             }},
            {{"--profile", "classic,tls"},
             [](ClientPolicy &p) {
                 p.profiles = {"classic", "tls"};
             }},
            {{"--profile", "none"}, [](ClientPolicy &p) { p.profiles.clear(); }},
            {{"--ca", "none"}, [](ClientPolicy &p) { p.cas.clear(); }},
            {{"--no-own-account"}, [](ClientPolicy &p) { p.own_account = false; }},
            {{"--own-account"}, [](ClientPolicy &p) { p.own_account = true; }},
            {{"--ca", "letsencrypt,letsencrypt-staging", "--quota", "9"},
             [](ClientPolicy &p) {
                 p.cas = {CaName::parse("letsencrypt"), CaName::parse("letsencrypt-staging")};
                 p.orders_per_day = 9;
             }},
        };
    for (const auto &[words, change] : table) {
        const std::string expected = text_with(change);
        std::vector<std::string> args{"client", "set", "web1"};
        args.insert(args.end(), words.begin(), words.end());
        BOOST_TEST(run(args) == "changed web1\n");
        BOOST_TEST(text() == expected);
        // once more, it is so already
        BOOST_TEST(run(args) == "nothing of web1 is to be changed\n");
        BOOST_TEST(text() == expected);
    }
    BOOST_TEST(run({"client", "set", "web1"}) == "nothing of web1 is to be changed\n");
}

BOOST_AUTO_TEST_CASE(a_set_that_is_refused_changes_nothing)
{
    run({"client", "add", "web1", "--allow", "a.example", "--quota", "20"});
    const std::string before = to_json(policy("web1")).to_text();
    const std::vector<std::pair<std::vector<std::string>, std::string>> table = {
        {{"web2"}, "there is no client \"web2\" (did you mean \"web1\"?)"},
        {{"web1", "--mode", "root"}, "--mode: \"root\" is no mode"},
        {{"web1", "--mode", ""}, "--mode: no mode is given"},
        {{"web1", "--ca", "nowhere"}, "there is no CA named nowhere (see them: acmeproxy ca list)"},
        {{"web1", "--ca", "none,letsencrypt"}, "--ca: \"none\" stands alone"},
        {{"web1", "--profile", "x,none"}, "--profile: \"none\" stands alone"},
    };
    for (const auto &[words, text] : table) {
        std::vector<std::string> args{"client", "set", "--quota", "5"};
        args.insert(args.end(), words.begin(), words.end());
        BOOST_TEST(failure(args) == text);
    }
    for (const char *quota : {"-1", "x", "20/week", "/day", "1000001", "none/day"})
        BOOST_TEST(!failure({"client", "set", "web1", "--quota", quota}).starts_with("no failure"),
                   quota);
    BOOST_TEST(to_json(policy("web1")).to_text() == before);
}

BOOST_AUTO_TEST_CASE(patterns_are_allowed_denied_and_dropped)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    BOOST_TEST(run({"client", "allow", "web1", "*.B.example", "192.0.2.0/24"}) ==
               "web1: a.example *.b.example 192.0.2.0/24\n");
    BOOST_TEST(run({"client", "allow", "web1", "a.example"}) ==
               "web1: *.b.example 192.0.2.0/24 a.example\n");
    BOOST_TEST(run({"client", "deny", "web1", "x.b.example"}) ==
               "web1: *.b.example 192.0.2.0/24 a.example !x.b.example\n");
    BOOST_TEST(run({"client", "deny", "web1", "a.example", "**.com"}) ==
               "web1: *.b.example 192.0.2.0/24 !x.b.example !a.example !**.com\n");
    BOOST_TEST(run({"client", "allow", "web1", "a.example"}) ==
               "web1: *.b.example 192.0.2.0/24 !x.b.example !**.com a.example\n");
    BOOST_TEST(run({"client", "deny", "--drop", "web1", "x.b.example,**.com"}) ==
               "web1: *.b.example 192.0.2.0/24 a.example\n");
    BOOST_TEST(run({"client", "allow", "--drop", "web1", "a.example", "*.b.example",
                    "192.0.2.0/24"}) == "web1: may have no names\n");
    BOOST_TEST(failure({"client", "allow", "web1", "!a.example"}) ==
               "\"!a.example\" denies: it is no pattern to allow");
    BOOST_TEST(!failure({"client", "deny", "web1", "!a.example"}).starts_with("no failure"));
    BOOST_TEST(!failure({"client", "allow", "web1", "**.com"}).starts_with("no failure"));
    BOOST_TEST(policy("web1").names.empty());
}

BOOST_AUTO_TEST_CASE(a_client_is_disabled_and_enabled)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    run({"client", "add", "web2", "--allow", "a.example"});
    BOOST_TEST(run({"client", "disable", "web1", "web2"}) == "disabled web1\ndisabled web2\n");
    BOOST_TEST(!policy("web1").enabled);
    run({"client", "check", "web1", "a.example"}, 1);
    BOOST_TEST(run({"client", "enable", "web1"}) == "enabled web1\n");
    BOOST_TEST(policy("web1").enabled);
    BOOST_TEST(!policy("web2").enabled);
    BOOST_TEST(policy("web1").names.size() == 1U);
}

BOOST_AUTO_TEST_CASE(check_tells_which_pattern_decides)
{
    run({"client", "add", "web1", "--allow", "*.a.example,!x.a.example,192.0.2.0/24"});
    BOOST_TEST(run({"client", "check", "web1", "W.a.example", "192.0.2.9"}) ==
               "w.a.example: allowed by *.a.example\n192.0.2.9: allowed by 192.0.2.0/24\n");
    BOOST_TEST(run({"client", "check", "web1", "w.a.example", "x.a.example"}, 1) ==
               "w.a.example: allowed by *.a.example\n"
               "x.a.example: not allowed: denied by !x.a.example\n");
    BOOST_TEST(run({"client", "check", "web1", "a.example"}, 1) ==
               "a.example: not allowed: no pattern covers it\n");
    BOOST_TEST(run({"client", "check", "web1", "*.a.example"}, 1) ==
               "*.a.example: not allowed: no pattern covers it (wildcard names need a pattern that "
               "begins with \"wildcard:\")\n");
    BOOST_TEST(run({"client", "check", "web1", "a b"}, 1).starts_with("a b: not allowed: "));
    const Json list = json({"client", "check", "web1", "x.a.example"}, 1);
    BOOST_TEST((*list.as_array())[0].string_at("pattern") == "!x.a.example");
    BOOST_TEST(!(*list.as_array())[0].bool_at("allowed"));
}

BOOST_AUTO_TEST_CASE(a_binding_key_is_printed_once_with_lines_for_the_known_programs)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    environment = {{"ACMEPROXY_BASE_URL", "https://proxy.example/"}};
    const std::string text = run({"client", "eab", "add", "web1"});
    const EabKey key = std::move(clients.eabs(ClientId::parse("web1")).front());
    const std::string mac = base64url_encode(key.mac_key.view());
    BOOST_TEST(text.starts_with("kid: " + key.kid.str() + "\nkey: " + mac + "\n"));
    for (const char *program :
         {"certbot certonly", "lego ", "acme.sh --issue", "uacme -y", "dehydrated --register",
          "acme_eab", "MDExternalAccountBinding", "acmeproxy ca add"})
        BOOST_TEST(text.find(program) != std::string::npos, program);
    BOOST_TEST(text.find("https://proxy.example/gateway/directory") != std::string::npos);
    BOOST_TEST(!key.once);
    BOOST_TEST(!key.expires.has_value());
    // no other verb shows it
    for (const std::vector<std::string> &args : {std::vector<std::string>{"client", "eab", "list"},
                                                 {"client", "show", "web1"},
                                                 {"client", "show", "web1", "--json"},
                                                 {"client", "list", "--json"}})
        BOOST_TEST(run(args).find(mac) == std::string::npos);
    // without base-url a word stands for the host
    environment.clear();
    BOOST_TEST(json({"client", "eab", "add", "web1"}).string_at("directory") ==
               "https://HOST/gateway/directory");
}

BOOST_AUTO_TEST_CASE(binding_keys_are_limited_listed_and_revoked)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    const Json once = json({"client", "eab", "add", "web1", "--once", "--expires", "7d"});
    const auto kid = ClientScopedId::parse(once.string_at("kid"));
    const auto key = clients.eab(kid);
    BOOST_TEST(key->once);
    const Seconds left = *key->expires - system_clock().now();
    BOOST_TEST((left > std::chrono::days(6) && left <= std::chrono::days(7)));
    const Json dated = json({"client", "eab", "add", "web1", "--expires", "2099-12-31"});
    BOOST_TEST(dated.string_at("expires") == "2100-01-01T00:00:00Z");
    for (const char *time : {"yesterday", "0", "-1", "2099-13-01", "2001-01-01"})
        BOOST_TEST(
            !failure({"client", "eab", "add", "web1", "--expires", time}).starts_with("no failure"),
            time);
    const auto state = [&](const Json &made_key) {
        const Json list = json({"client", "eab", "list", "web1"});
        for (const Json &one : *list.as_array()) {
            if (one.string_at("kid") == made_key.string_at("kid"))
                return one.string_at("state");
        }
        return std::string();
    };
    BOOST_TEST(state(once) == "for one account");
    BOOST_TEST(state(dated) == "valid");
    clients.use_once(kid, "thumbprint");
    BOOST_TEST(state(once) == "used");
    BOOST_TEST(run({"client", "eab", "revoke", dated.string_at("kid")}) ==
               "revoked " + dated.string_at("kid") + " and the accounts made with it\n");
    BOOST_TEST(state(dated) == "revoked");
    BOOST_TEST(run({"client", "eab", "revoke", kid.str(), "--keep-accounts"}) ==
               "revoked " + kid.str() + ", keeping its accounts\n");
    BOOST_TEST(failure({"client", "eab", "revoke", "web1"}) ==
               "id \"web1\": must be CLIENT.RANDOM with 22 characters of base64url");
    BOOST_TEST(failure({"client", "eab", "add", "web2"}) ==
               "there is no client \"web2\" (did you mean \"web1\"?)");
}

BOOST_AUTO_TEST_CASE(clients_are_listed_and_shown)
{
    BOOST_TEST(run({"client", "list"}) == "ID  ENABLED  MODES  ACCOUNTS  TODAY  NAMES\n");
    run({"client", "add", "web1", "--allow", "a.example", "--quota", "5"});
    clients.count_order(ClientId::parse("web1"), 5, system_clock().now());
    BOOST_TEST(run({"client", "list"}) == "ID    ENABLED  MODES    ACCOUNTS  TODAY  NAMES\n"
                                          "web1  yes      gateway  0         1      a.example\n");
    const std::string shown = run({"client", "show", "web1"});
    BOOST_TEST(shown.find("orders today:  1 of 5\n") != std::string::npos, shown);
    const Json whole = json({"client", "show", "web1"});
    BOOST_TEST(whole.string_at("id") == "web1");
    BOOST_TEST(whole.int_at("orders_per_day") == 5);
    BOOST_TEST(whole.int_at("orders_today") == 1);
}

BOOST_AUTO_TEST_CASE(a_policy_that_cannot_be_read_is_told_by_list_and_by_spool_check)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    BOOST_TEST(run({"spool", "check"}) == "");
    const std::string file = "clients/web1/client.json";
    for (const char *text : {"", "{}", "["}) {
        replace_file(spool.dir(), "tmp", file, text, 0640);
        BOOST_TEST(run({"client", "list"}, 1).find("unreadable") != std::string::npos);
        BOOST_TEST(
            run({"spool", "check"}, 1).starts_with(base + "/" + file + ": cannot be read: "));
        BOOST_TEST(!failure({"client", "show", "web1"}).starts_with("no failure"));
        BOOST_TEST(!failure({"client", "check", "web1", "a.example"}).starts_with("no failure"));
    }
    spool.dir().remove_file(file);
    BOOST_TEST(run({"spool", "check"}, 1).find("it is missing") != std::string::npos);
    run({"client", "add", "web1"});
    BOOST_TEST(run({"spool", "check"}, 1).starts_with(base + "/" + file + ": allows no names"));
}

BOOST_AUTO_TEST_CASE(spool_check_tells_of_damaged_keys_and_accounts)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    const EabKey key =
        clients.add_eab(ClientId::parse("web1"), false, std::nullopt, system_clock().now());
    BOOST_TEST(run({"spool", "check"}) == "");
    replace_file(spool.dir(), "tmp", ClientNames::eab(key.kid).str(), "", 0640);
    BOOST_TEST(run({"spool", "check"}, 1) ==
               base + "/" + ClientNames::eab(key.kid).str() +
                   ": cannot be read, so it is refused (remove it)\n");
}

BOOST_AUTO_TEST_CASE(a_client_with_lineages_is_not_removed)
{
    run({"client", "add", "web1", "--allow", "a.example"});
    run({"client", "add", "web", "--allow", "a.example"});
    LineageSpec spec;
    spec.identifiers.push_back(Identifier::parse("a.example"));
    const LineageName name = LineageName::parse("web1@a.example");
    BOOST_TEST(Lineage::create(spool, name, spec));
    BOOST_TEST(failure({"client", "remove", "web1"}) ==
               "remove the client web1: it has lineages: web1@a.example (first: acmeproxy cert "
               "remove)");
    BOOST_TEST(run({"client", "remove", "web"}) == "removed the client web\n"); // no label boundary
    Lineage(spool, name).remove();
    BOOST_TEST(run({"client", "remove", "web1"}) == "removed the client web1\n");
    BOOST_TEST(clients.clients().empty());
}

BOOST_AUTO_TEST_CASE(a_removed_client_leaves_no_account_at_a_ca_to_the_next_of_its_name)
{
    run({"client", "add", "web1", "--own-account"});
    const AccountFiles account(spool, CaName::parse("letsencrypt"), ClientId::parse("web1"));
    account.prepare();
    account.write_key(PrivateKey::generate(KeyType::ec256));
    run({"client", "remove", "web1"});
    BOOST_TEST(!account.key().has_value());
    BOOST_TEST(!spool.dir().exists("cas/letsencrypt/accounts/web1"));
}

BOOST_AUTO_TEST_CASE(a_client_of_the_agent_is_shown_the_line_for_it)
{
    environment["ACMEPROXY_BASE_URL"] = "https://proxy.example";
    run({"client", "add", "web1", "--allow", "a.example", "--mode", "agent"});
    const std::string text = run({"client", "eab", "add", "web1"});
    BOOST_TEST(text.find("acmeproxy cert add NAME --source agent --server "
                         "https://proxy.example/agent/ --eab-kid web1.") != std::string::npos);
    BOOST_TEST(text.find("certbot") == std::string::npos);
    BOOST_TEST(json({"client", "eab", "add", "web1"}).string_at("agent") ==
               "https://proxy.example/agent/");
    run({"client", "add", "web2", "--allow", "b.example"});
    BOOST_TEST(run({"client", "eab", "add", "web2"}).find("--source agent") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
