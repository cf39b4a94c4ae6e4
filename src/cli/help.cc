// SPDX-License-Identifier: MIT
#include "cli/help.h"

#include "base/text.h"
#include "cli/build_paths.h"
#include "cli/nearest.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

bool is_setting(const Option &option)
{
    return !option.group.empty();
}

std::string option_help(const Option &option)
{
    const std::string negated =
        option.kind == OptionKind::flag && is_setting(option) ? ", --no-" + option.name : "";
    const std::string value = option.value_name.empty() ? "" : " " + option.value_name;
    const std::string repeated = option.kind == OptionKind::list ? " (repeatable)" : "";
    const std::string letter = option.letter ? std::string("-") + option.letter + ", " : "";
    std::string page = "  " + letter + "--" + option.name + negated + value + repeated + "\n";
    page += wrap(option.help, 6);
    std::vector<std::string> notes;
    if (is_setting(option))
        notes.push_back(environment_name(option.name));
    if (!option.fallback.empty())
        notes.push_back("default: " + option.fallback);
    else if (is_setting(option)) // what then happens its text tells
        notes.push_back("unset by default");
    if (!notes.empty())
        page += wrap("[" + join(notes, "; ") + "]", 6);
    return page;
}

std::string options_by_group(const std::vector<const Option *> &options)
{
    std::string page;
    std::string group;
    for (const Option *option : options) {
        const std::string heading = is_setting(*option) ? option->group : "Options of this verb";
        if (heading != group)
            page += "\n" + heading + ":\n";
        group = heading;
        page += option_help(*option);
    }
    return page;
}

std::string see_also(const std::string &man_page)
{
    const std::size_t parenthesis = man_page.find('(');
    return "man " + man_page.substr(0, parenthesis);
}

std::string list_of_verbs(const std::vector<Verb> &verbs)
{
    std::size_t width = 0;
    for (const Verb &verb : verbs)
        width = std::max(width, verb.name.size());
    std::string page;
    for (const Verb &verb : verbs)
        page += fmt::format("  {:{}}  {}\n", verb.name, width, verb.summary);
    return page;
}

int run_help(const Invocation &invocation, std::ostream &out)
{
    out << help_for(all_verbs(), invocation.arguments);
    return 0;
}

}

std::string wrap(const std::string &text, std::size_t indent, std::size_t width)
{
    std::string result;
    for (const std::string &paragraph : split(text, '\n')) {
        std::string line;
        for (const std::string &word : split(paragraph, ' ')) {
            if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
                result += std::string(indent, ' ') + line + "\n";
                line.clear();
            }
            line += (line.empty() ? "" : " ") + word;
        }
        result += line.empty() ? "\n" : std::string(indent, ' ') + line + "\n";
    }
    return result;
}

std::string overview(const std::vector<Verb> &verbs)
{
    std::string page =
        "usage: acmeproxy [--config FILE] [--spool DIR] VERB [arguments] [options]\n\n";
    page += wrap("Obtains certificates from ACME certificate authorities and renews them.", 0);
    page += "\nVerbs:\n" + list_of_verbs(verbs);
    std::vector<const Option *> options;
    for (const std::string &name : common_settings())
        options.push_back(find_setting(name));
    page += options_by_group(options);
    page += "\n" +
            wrap("Each setting is a flag, an environment variable (shown in brackets) and a line "
                 "of " +
                     default_config_file() +
                     "; flags win over the environment, the environment over the file.",
                 0);
    page += "\nThe options of a verb: acmeproxy help VERB. The manual: man acmeproxy.\n";
    return page;
}

std::string help_page(const Verb &verb)
{
    const std::string synopsis = verb.synopsis.empty() ? "" : " " + verb.synopsis;
    std::string page = "usage: acmeproxy " + verb.name + synopsis + " [options]\n\n";
    page += wrap(verb.description.empty() ? verb.summary + "." : verb.description, 0);
    page += options_by_group(options_of(verb));
    if (!verb.examples.empty())
        page += "\nExamples:\n";
    for (const Example &example : verb.examples)
        page += wrap(example.purpose + ":", 2) + "      " + example.command + "\n";
    if (!verb.man_page.empty())
        page += "\nThe manual: " + see_also(verb.man_page) + "\n";
    return page;
}

std::string help_for(const std::vector<Verb> &verbs, const std::vector<std::string> &words)
{
    if (words.empty())
        return overview(verbs);
    // The longest name wins; what follows it may be an argument.
    for (std::size_t count = std::min<std::size_t>(words.size(), 3); count > 0; --count) {
        const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
        if (const Verb *one = find_verb(verbs, join({words.begin(), end}, " ")))
            return help_page(*one);
    }
    const std::string asked = join(words, " ");
    std::vector<Verb> group;
    std::vector<std::string> names;
    for (const Verb &verb : verbs) {
        names.push_back(verb.name);
        if (verb.name.starts_with(asked + " "))
            group.push_back(verb);
    }
    if (group.empty()) {
        throw UsageError("there is no verb \"" + printable(asked, 60) + "\"" +
                             did_you_mean(asked, names),
                         "see \"acmeproxy help\"");
    }
    return list_of_verbs(group) + "\nThe options of one: acmeproxy help " + group[0].name + "\n";
}

Verb help_verb()
{
    return {.name = "help",
            .synopsis = "[VERB]",
            .most = Verb::any_number,
            .summary = "explain a verb and its options",
            .description = "Explains a verb, or lists all of them. --help after a verb does the "
                           "same.",
            .examples = {{"What \"cert add\" takes", "acmeproxy help cert add"}},
            .man_page = "acmeproxy(1)",
            .is_configured = false,
            .run = run_help};
}

}
