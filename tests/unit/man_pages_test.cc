// SPDX-License-Identifier: MIT
// The tables of settings and verbs against what is written about them elsewhere.
#include "base/text.h"
#include "cli/verbs.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

using namespace acmeproxy;

namespace {

/// A file of the source tree: make check says in `srcdir` where that is.
std::string source(const std::string &path)
{
    const char *folder = std::getenv("srcdir");
    std::ifstream file(std::string(folder ? folder : ".") + "/" + path);
    BOOST_TEST_REQUIRE(file.good(), "there is no " + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// "acmeproxy-cert(1)" is man/acmeproxy-cert.1.
std::string man_page(const Verb &verb)
{
    const std::size_t at = verb.man_page.find('(');
    return source("man/" + verb.man_page.substr(0, at) + "." + verb.man_page.substr(at + 1, 1));
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

/// The words after "'VERB')" in the completion's table.
std::set<std::string> completed_options(const std::string &completion, const std::string &verb)
{
    const std::string start = "'" + verb + "') echo \"";
    const std::size_t at = completion.find(start);
    BOOST_TEST_REQUIRE((at != std::string::npos), "no completion of " + verb);
    const std::size_t begin = at + start.size();
    const std::string words = completion.substr(begin, completion.find('"', begin) - begin);
    std::set<std::string> options;
    for (const std::string &line : split(words, '\n')) {
        for (const std::string &word : split(trim(line), ' '))
            options.insert(word);
    }
    options.erase("");
    options.erase("$common");
    return options;
}

std::set<std::string> options_to_complete(const Verb &verb)
{
    std::set<std::string> options;
    for (const Option *option : options_of(verb)) {
        const auto &common = common_settings();
        if (std::find(common.begin(), common.end(), option->name) != common.end())
            continue;
        options.insert("--" + option->name);
        if (option->kind == OptionKind::flag && find_setting(option->name))
            options.insert("--no-" + option->name);
    }
    return options;
}

}

BOOST_AUTO_TEST_SUITE(man_pages_test)

BOOST_AUTO_TEST_CASE(each_setting_has_its_entry_in_the_page_of_the_file)
{
    const std::string page = source("man/acmeproxy.conf.5");
    for (const Option &setting : settings()) {
        BOOST_TEST(has(page, ".It Cm " + setting.name + (setting.in_file ? " = " : "\n")),
                   setting.name);
        BOOST_TEST(has(page, ".Ss " + setting.group + "\n"), setting.group);
    }
}

BOOST_AUTO_TEST_CASE(that_page_tells_of_no_other_setting)
{
    for (const std::string &line : split(source("man/acmeproxy.conf.5"), '\n')) {
        const std::size_t end = line.find(" = ");
        if (line.starts_with(".It Cm ") && end != std::string::npos)
            BOOST_TEST(find_setting(line.substr(7, end - 7)), line);
    }
}

BOOST_AUTO_TEST_CASE(each_verb_is_in_its_man_page_with_its_actions)
{
    for (const Verb &verb : all_verbs()) {
        const std::string page = man_page(verb);
        BOOST_TEST(has(page, verb.name), verb.name);
        BOOST_TEST(has(page, ".It Cm " + verb.name), verb.name);
        for (const Option &action : verb.actions)
            BOOST_TEST(has(page, "Fl -" + action.name), verb.name + " --" + action.name);
    }
}

BOOST_AUTO_TEST_CASE(the_completion_knows_each_option_of_each_verb)
{
    const std::string completion = source("contrib/completion/acmeproxy.bash");
    for (const Verb &verb : all_verbs())
        BOOST_TEST(completed_options(completion, verb.name) == options_to_complete(verb),
                   boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_completion_knows_each_verb)
{
    const std::string completion = source("contrib/completion/acmeproxy.bash");
    for (const Verb &verb : all_verbs()) {
        const std::size_t space = verb.name.find(' ');
        const std::string words = "'" + verb.name.substr(0, space) + "')";
        if (space != std::string::npos)
            BOOST_TEST(has(completion, words), words);
        else
            BOOST_TEST(has(completion, " " + verb.name), verb.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
