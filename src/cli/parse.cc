// SPDX-License-Identifier: MIT
#include "cli/parse.h"

#include "base/text.h"
#include "cli/nearest.h"
#include "cli/sources.h"
#include "cli/usage_error.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <set>

extern char **environ;

namespace acmeproxy {

namespace {

namespace po = boost::program_options;

/// All options of all verbs: a verb is found among the words only when each option with a value
/// is known, and an option of another verb deserves a better answer than "unknown".
class Grammar {
public:
    explicit Grammar(const std::vector<Verb> &verbs)
    {
        for (const Option &setting : settings())
            add(setting);
        for (const Verb &verb : verbs) {
            for (const Option &action : verb.actions)
                add(action);
        }
        add_word("help,h");
        add_word("version,V");
    }

    const po::options_description &description() const { return description_; }
    std::vector<std::string> names() const { return {names_.begin(), names_.end()}; }
    /// "x" where the table has a flag x and `name` is "no-x"; else "".
    std::string negated(const std::string &name) const
    {
        return name.starts_with("no-") && flags_.contains(name.substr(3)) ? name.substr(3) : "";
    }
    bool is_flag(const std::string &name) const { return flags_.contains(name); }

private:
    void add(const Option &option)
    {
        if (!names_.insert(option.name).second)
            return;
        const std::string forms =
            option.letter ? option.name + "," + std::string(1, option.letter) : option.name;
        if (option.kind == OptionKind::list) {
            description_.add_options()(forms.c_str(), po::value<std::vector<std::string>>());
        } else if (option.kind == OptionKind::value) {
            description_.add_options()(forms.c_str(), po::value<std::string>());
        } else {
            flags_.insert(option.name);
            add_word(forms);
            add_word("no-" + option.name);
        }
    }
    void add_word(const std::string &name)
    {
        auto *semantic = po::value<std::string>()->zero_tokens()->implicit_value("yes");
        description_.add_options()(name.c_str(), semantic);
    }

    po::options_description description_;
    std::set<std::string> names_;
    std::set<std::string> flags_;
};

/// The command line, taken apart.
struct CommandLine {
    std::vector<std::string> words;
    std::vector<po::option> options;
    std::string only; ///< "help" or "version" where that was asked for
};

void take_option(CommandLine &line, const Grammar &grammar, po::option option)
{
    if (option.string_key == "help" || option.string_key == "version") {
        if (line.only != "help")
            line.only = option.string_key;
        return;
    }
    const std::string negated = grammar.negated(option.string_key);
    const std::string name = negated.empty() ? option.string_key : negated;
    if (grammar.is_flag(name)) { // the last of --x and --no-x counts, as aliases need it
        std::erase_if(line.options, [&](const po::option &o) { return o.string_key == name; });
        option.string_key = name;
        option.value = {negated.empty() ? "yes" : "no"};
    }
    line.options.push_back(std::move(option));
}

CommandLine take_apart(const Grammar &grammar, const std::vector<std::string> &args)
try {
    namespace style = po::command_line_style;
    const int how = style::allow_long | style::long_allow_adjacent | style::long_allow_next |
                    style::allow_short | style::short_allow_next | style::allow_dash_for_short;
    CommandLine line;
    for (po::option &option :
         po::command_line_parser(args).options(grammar.description()).style(how).run().options) {
        if (option.string_key.empty())
            line.words.insert(line.words.end(), option.value.begin(), option.value.end());
        else
            take_option(line, grammar, std::move(option));
    }
    return line;
} catch (const po::unknown_option &e) {
    const std::string name = e.get_option_name();
    std::vector<std::string> names = grammar.names();
    for (std::string &known : names)
        known = "--" + known;
    throw UsageError("unknown option " + name + did_you_mean(name, names),
                     "see \"acmeproxy help\"");
} catch (const po::error &e) {
    throw UsageError(e.what(), "see \"acmeproxy help\"");
}

/// What may stand behind `beginning` in a verb's name.
std::vector<std::string> words_after(const std::vector<Verb> &verbs, const std::string &beginning)
{
    std::vector<std::string> words;
    for (const Verb &verb : verbs) {
        if (verb.name.starts_with(beginning + " "))
            words.push_back(verb.name.substr(beginning.size() + 1));
    }
    return words;
}

[[noreturn]] void refuse_words(const std::vector<Verb> &verbs, std::vector<std::string> words)
{
    const std::string hint = "see \"acmeproxy help\"";
    if (words.empty())
        throw UsageError("no verb is given", hint);
    std::vector<std::string> names;
    for (const Verb &verb : verbs)
        names.push_back(verb.name);
    const std::string all = join(words, " ");
    if (const auto next = words_after(verbs, all); !next.empty())
        throw UsageError(fmt::format("\"{}\" is followed by {}", all, join(next, ", ")), hint);
    const std::vector<std::string> second_words = words_after(verbs, words[0]);
    // A verb of one word may be meant although arguments follow it.
    words.resize(std::min<std::size_t>(words.size(), 2));
    auto meant = nearest(join(words, " "), names);
    if (!meant && second_words.empty())
        meant = nearest(words[0], names);
    const std::string unknown = second_words.empty() && !meant ? words[0] : join(words, " ");
    throw UsageError("unknown verb \"" + printable(unknown, 60) + "\"" +
                         (meant ? " (did you mean \"" + *meant + "\"?)" : ""),
                     hint);
}

/// Takes the verb's words off the front of `words`.
const Verb &take_verb(const std::vector<Verb> &verbs, std::vector<std::string> &words)
{
    for (const std::size_t count : {3U, 2U, 1U}) {
        if (words.size() < count)
            continue;
        const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
        const Verb *verb = find_verb(verbs, join({words.begin(), end}, " "));
        if (verb) {
            words.erase(words.begin(), end);
            return *verb;
        }
    }
    refuse_words(verbs, words);
}

std::string hint_for(const Verb &verb)
{
    return "see \"acmeproxy help " + verb.name + "\"";
}

/// What is to be checked, one by one.
std::vector<std::string> values_of(const Verb &verb, const po::option &given)
{
    const auto &several = verb.several;
    if (std::find(several.begin(), several.end(), given.string_key) == several.end())
        return given.value;
    std::vector<std::string> parts;
    for (const std::string &part : split(given.value.front(), ','))
        parts.emplace_back(trim(part));
    return parts;
}

void check_usage(const Verb &verb, const CommandLine &line)
{
    for (const po::option &given : line.options) {
        const Option *option = find_option(verb, given.string_key);
        if (!option)
            throw UsageError("\"" + verb.name + "\" takes no option --" + given.string_key,
                             hint_for(verb));
        for (const std::string &text : values_of(verb, given)) {
            try {
                if (option->check)
                    option->check(text);
            } catch (const Error &e) {
                throw UsageError("--" + option->name + ": " + e.what(), hint_for(verb));
            }
        }
    }
    const std::size_t count = line.words.size();
    if (count < verb.least)
        throw UsageError("\"" + verb.name + "\" needs " + verb.synopsis, hint_for(verb));
    if (count > verb.most)
        throw UsageError("\"" + verb.name + "\" has no use for \"" +
                             printable(line.words[verb.most], 60) + "\"",
                         hint_for(verb));
}

/// Values by name; the first one stored wins, which is what program_options' store() does.
class Store {
public:
    explicit Store(const Grammar &grammar) : grammar_(grammar) {}

    void put(std::vector<po::option> options, Origin origin)
    try {
        po::parsed_options parsed(&grammar_.description());
        for (const po::option &option : options)
            origins_.emplace(option.string_key, origin);
        parsed.options = std::move(options);
        po::store(parsed, values_);
    } catch (const po::multiple_occurrences &e) {
        throw UsageError("--" + e.get_option_name() + " is given more than once");
    } catch (const po::error &e) {
        throw UsageError(e.what());
    }

    void put(const std::vector<FoundSetting> &found, Origin origin)
    {
        std::vector<po::option> options;
        for (const FoundSetting &setting : found)
            options.emplace_back(setting.name, setting.texts);
        put(std::move(options), origin);
    }

    OptionValue value(const Option &option) const
    {
        if (!values_.contains(option.name)) {
            if (option.fallback.empty())
                return {};
            return {{option.fallback}, Origin::fallback};
        }
        const po::variable_value &stored = values_[option.name];
        const Origin origin = origins_.at(option.name);
        if (option.kind == OptionKind::list)
            return {stored.as<std::vector<std::string>>(), origin};
        return {{stored.as<std::string>()}, origin};
    }

private:
    const Grammar &grammar_;
    po::variables_map values_;
    std::map<std::string, Origin> origins_;
};

Invocation::Values collect(const Store &store, const Verb &verb)
{
    Invocation::Values values;
    for (const Option &setting : settings())
        values[setting.name] = store.value(setting);
    for (const Option &action : verb.actions)
        values[action.name] = store.value(action);
    return values;
}

/// Where acmeproxy.conf is, by flag or variable.
OptionValue config_file(const Store &store, const Environment &environment)
{
    const Option &setting = *find_setting("config");
    const OptionValue value = store.value(setting);
    const auto variable = environment.find(environment_name(setting.name));
    if (value.origin == Origin::flag || variable == environment.end() || variable->second.empty())
        return value;
    return {{variable->second}, Origin::environment};
}

}

Environment process_environment()
{
    Environment environment;
    for (char **entry = environ; entry && *entry; ++entry) {
        const std::string text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos)
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

ParsedCommand parse_command(const std::vector<Verb> &verbs, const std::vector<std::string> &args,
                            const Environment &environment)
{
    const Grammar grammar(verbs);
    CommandLine line = take_apart(grammar, args);
    if (!line.only.empty()) {
        line.words.insert(line.words.begin(), line.only);
        line.options.clear();
    }
    ParsedCommand command;
    command.verb = &take_verb(verbs, line.words);
    if (line.only.empty())
        check_usage(*command.verb, line);
    Store store(grammar);
    Store configured(grammar);
    store.put(line.options, Origin::flag);
    if (command.verb->is_configured) {
        const OptionValue config = config_file(store, environment);
        const auto put = [&](const std::vector<FoundSetting> &found, Origin origin) {
            store.put(found, origin);
            configured.put(found, origin);
        };
        put(settings_in_environment(environment, command.warnings), Origin::environment);
        put(settings_in_file(config.texts.front(), config.origin == Origin::fallback
                                                       ? Missing::is_fine
                                                       : Missing::is_an_error),
            Origin::file);
        put(settings_by_habit(environment), Origin::habit);
    }
    command.invocation =
        Invocation(line.words, collect(store, *command.verb), collect(configured, *command.verb));
    command.invocation.command_line = args;
    return command;
}

}
