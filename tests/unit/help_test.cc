// SPDX-License-Identifier: MIT
#include "cli/help.h"

#include "base/text.h"
#include "cli/build_paths.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

/// Lines over 80 columns; a folder chosen at ./configure may be of any length.
std::vector<std::string> long_lines(const std::string &page)
{
    std::vector<std::string> found;
    for (const std::string &line : split(page, '\n')) {
        const bool has_path = line.find(default_spool()) != std::string::npos ||
                              line.find(default_config_folder()) != std::string::npos;
        if (line.size() > 80 && !has_path)
            found.push_back(line);
    }
    return found;
}

bool has(const std::string &page, const std::string &part)
{
    return page.find(part) != std::string::npos;
}

}

BOOST_AUTO_TEST_SUITE(help_test)

BOOST_AUTO_TEST_CASE(every_page_fits_into_80_columns)
{
    BOOST_TEST(long_lines(overview(all_verbs())) == std::vector<std::string>());
    for (const Verb &verb : all_verbs())
        BOOST_TEST(long_lines(help_page(verb)) == std::vector<std::string>(), verb.name);
    BOOST_TEST(long_lines(std::string(81, 'x')).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_page_shows_each_option_with_variable_and_default)
{
    for (const Verb &verb : all_verbs()) {
        const std::string page = help_page(verb);
        for (const Option *option : options_of(verb)) {
            BOOST_TEST(has(page, "--" + option->name), verb.name + ": --" + option->name);
            if (find_setting(option->name))
                BOOST_TEST(has(page, environment_name(option->name)), verb.name);
            if (!option->fallback.empty())
                BOOST_TEST(has(page, option->fallback), verb.name + ": " + option->fallback);
        }
        for (const Example &example : verb.examples)
            BOOST_TEST(has(page, example.command), verb.name);
        BOOST_TEST(has(page, "The manual: man acmeproxy"), verb.name);
    }
}

BOOST_AUTO_TEST_CASE(the_page_of_serve_has_each_setting_once_below_its_group)
{
    const Verb *serve = nullptr;
    for (const Verb &verb : all_verbs()) {
        if (verb.name == "serve")
            serve = &verb;
    }
    BOOST_TEST_REQUIRE(serve);
    const std::string page = help_page(*serve);
    std::size_t settings = 0;
    for (const Option *option : options_of(*serve)) {
        BOOST_TEST_REQUIRE(find_setting(option->name), option->name);
        ++settings;
        const std::string words = option->kind == OptionKind::flag
                                      ? option->name + ", --no-" + option->name + "\n"
                                      : option->name + " " + option->value_name;
        const std::size_t at = page.find("\n  --" + words);
        BOOST_TEST_REQUIRE((at != std::string::npos), option->name);
        BOOST_TEST(page.find("\n  --" + words, at + 1) == std::string::npos, option->name);
        const std::size_t end = page.find("]\n", at);
        // Its text, then variable and default, in as many lines as it takes.
        std::string entry;
        for (const std::string &line : split(page.substr(at, end + 1 - at), '\n'))
            entry += std::string(trim(line)) + " ";
        const std::string wanted =
            " [" + environment_name(option->name) + "; " +
            (option->fallback.empty() ? "unset by default" : "default: " + option->fallback) + "] ";
        BOOST_TEST(entry.ends_with(wanted), entry);
        BOOST_TEST(entry.size() > wanted.size() + option->name.size() + 20, entry);
        const std::size_t group = page.rfind("\n\n", at);
        BOOST_TEST(page.substr(group + 2).starts_with(option->group + ":\n"), option->name);
    }
    BOOST_TEST(settings > 25);
}

BOOST_AUTO_TEST_CASE(the_overview_lists_each_verb)
{
    const std::string page = overview(all_verbs());
    for (const Verb &verb : all_verbs())
        BOOST_TEST(has(page, "  " + verb.name + " "), verb.name);
    BOOST_TEST(help_for(all_verbs(), {}) == page);
}

BOOST_AUTO_TEST_CASE(help_finds_a_verb_and_ignores_its_arguments)
{
    const std::vector<Verb> verbs{{.name = "cert add", .summary = "add"},
                                  {.name = "cert list", .summary = "list"},
                                  {.name = "status", .summary = "show"}};
    BOOST_TEST(
        help_for(verbs, {"cert", "add", "a.example"}).starts_with("usage: acmeproxy cert add"));
    BOOST_TEST(help_for(verbs, {"status", "cert"}).starts_with("usage: acmeproxy status"));
    const std::string group = help_for(verbs, {"cert"});
    BOOST_TEST(has(group, "cert add"));
    BOOST_TEST(has(group, "cert list"));
    BOOST_TEST(!has(group, "status"));
}

BOOST_AUTO_TEST_CASE(help_for_an_unknown_verb_suggests_the_nearest)
{
    const std::vector<Verb> verbs{{.name = "cert add"}, {.name = "status"}};
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"statsu"}, "there is no verb \"statsu\" (did you mean \"status\"?)"},
        {{"cert", "ad"}, "there is no verb \"cert ad\" (did you mean \"cert add\"?)"},
        {{"xyzzy"}, "there is no verb \"xyzzy\""},
    };
    for (const auto &[words, expected] : cases) {
        BOOST_CHECK_EXCEPTION(help_for(verbs, words), UsageError,
                              [&text = expected](const UsageError &e) {
                                  return e.what() == text && e.hint() == "see \"acmeproxy help\"";
                              });
    }
}

BOOST_AUTO_TEST_CASE(text_is_wrapped_at_words)
{
    BOOST_TEST(wrap("one two three", 2, 9) == "  one two\n  three\n");
    BOOST_TEST(wrap("unbreakable", 2, 5) == "  unbreakable\n");
    BOOST_TEST(wrap("a\nb", 0, 9) == "a\nb\n");
    BOOST_TEST(wrap("", 0, 9) == "\n");
}

BOOST_AUTO_TEST_SUITE_END()
