// SPDX-License-Identifier: MIT
#include "cli/settings.h"

#include "cli/build_paths.h"
#include "cli/verbs.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(settings_test)

BOOST_AUTO_TEST_CASE(every_setting_is_explained)
{
    for (const Option &setting : settings()) {
        BOOST_TEST_CONTEXT(setting.name)
        {
            BOOST_TEST(setting.help.ends_with("."));
            BOOST_TEST(!setting.group.empty());
            BOOST_TEST(setting.value_name.empty() == (setting.kind == OptionKind::flag));
        }
    }
}

BOOST_AUTO_TEST_CASE(names_and_variables_are_unique_and_not_those_of_hooks)
{
    std::set<std::string> variables;
    for (const Option &setting : settings()) {
        const std::string variable = environment_name(setting.name);
        BOOST_TEST(variables.insert(variable).second, variable);
        BOOST_TEST(!variable.starts_with("ACMEPROXY_CERT_"), variable);
        BOOST_TEST(variable.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string::npos);
        BOOST_TEST(!setting.name.starts_with("no-") == (setting.name != "no-proxy"));
    }
}

BOOST_AUTO_TEST_CASE(every_default_is_acceptable)
{
    for (const Option &setting : settings()) {
        BOOST_TEST_CONTEXT(setting.name)
        {
            if (setting.check && !setting.fallback.empty())
                BOOST_CHECK_NO_THROW(setting.check(setting.fallback));
            BOOST_TEST((setting.kind != OptionKind::flag || setting.fallback == "no"));
        }
    }
}

BOOST_AUTO_TEST_CASE(variables_are_upper_case_with_underscores)
{
    BOOST_TEST(environment_name("acme-directory-url") == "ACMEPROXY_ACME_DIRECTORY_URL");
    BOOST_TEST(environment_name("ca") == "ACMEPROXY_CA");
}

BOOST_AUTO_TEST_CASE(defaults_come_from_configure)
{
    BOOST_TEST(find_setting("spool")->fallback == default_spool());
    BOOST_TEST(find_setting("hooks-dir")->fallback == default_config_folder() + "/hooks");
    BOOST_TEST(find_setting("nothing") == nullptr);
}

BOOST_AUTO_TEST_CASE(verbs_take_settings_of_the_table_only)
{
    for (const Verb &verb : all_verbs()) {
        for (const std::string &name : verb.settings)
            BOOST_TEST(find_setting(name), verb.name + " takes an unknown setting " + name);
        for (const Option &action : verb.actions) {
            BOOST_TEST(!find_setting(action.name), verb.name + ": --" + action.name);
            BOOST_TEST(action.help.ends_with("."), verb.name + ": --" + action.name);
            BOOST_TEST(action.group.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(an_action_has_one_kind_in_all_verbs)
{
    std::map<std::string, OptionKind> kinds;
    for (const Verb &verb : all_verbs()) {
        for (const Option &action : verb.actions) {
            const auto known = kinds.emplace(action.name, action.kind).first;
            BOOST_TEST((known->second == action.kind), verb.name + ": --" + action.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_verb_is_complete)
{
    std::set<std::string> names;
    for (const Verb &verb : all_verbs()) {
        BOOST_TEST_CONTEXT(verb.name)
        {
            BOOST_TEST(names.insert(verb.name).second);
            BOOST_TEST(!verb.summary.empty());
            BOOST_TEST(!verb.description.empty());
            BOOST_TEST(!verb.examples.empty());
            BOOST_TEST(!verb.man_page.empty());
            BOOST_TEST(verb.run != nullptr);
            BOOST_TEST(verb.least <= verb.most);
            BOOST_TEST(verb.synopsis.empty() == (verb.most == 0));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
