// SPDX-License-Identifier: MIT
#include "cli/sources.h"

#include "base/text.h"
#include "cli/conf_file.h"
#include "cli/nearest.h"
#include "cli/usage_error.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

std::string value_of(const Environment &environment, const std::string &name)
{
    const auto found = environment.find(name);
    return found == environment.end() ? "" : found->second;
}

void check_value(const Option &setting, const std::string &text, const std::string &where)
{
    try {
        if (setting.check)
            setting.check(text);
    } catch (const Error &e) {
        throw UsageError(where + ": " + e.what());
    }
}

/// The items of a variable; empty ones are left out, so that a trailing separator does no harm.
std::vector<std::string> items(const std::string &text, char separator)
{
    std::vector<std::string> result;
    for (const std::string &part : split(text, separator)) {
        if (!trim(part).empty())
            result.emplace_back(trim(part));
    }
    return result;
}

std::vector<std::string> all_names(std::string (*spelled)(const std::string &))
{
    std::vector<std::string> names;
    for (const Option &setting : settings())
        names.push_back(spelled(setting.name));
    return names;
}

void warn_of_unknown(const Environment &environment, std::vector<std::string> &warnings)
{
    const std::vector<std::string> known = all_names(environment_name);
    for (const auto &[name, value] : environment) {
        if (!name.starts_with("ACMEPROXY_") || name.starts_with("ACMEPROXY_CERT_"))
            continue;
        if (std::find(known.begin(), known.end(), name) == known.end())
            warnings.push_back("the variable " + name + " is no setting" +
                               did_you_mean(name, known));
    }
}

FoundSetting &found_or_new(std::vector<FoundSetting> &found, const std::string &name)
{
    for (FoundSetting &setting : found) {
        if (setting.name == name)
            return setting;
    }
    return found.emplace_back(FoundSetting{name, {}});
}

std::string same_name(const std::string &name)
{
    return name;
}

}

std::vector<FoundSetting> settings_in_environment(const Environment &environment,
                                                  std::vector<std::string> &warnings)
{
    std::vector<FoundSetting> found;
    for (const Option &setting : settings()) {
        std::string variable = environment_name(setting.name);
        std::string text = value_of(environment, variable);
        char separator = ',';
        if (text.empty() && setting.name == "ca-certificates") {
            variable = "LEGO_CA_CERTIFICATES";
            text = value_of(environment, variable);
            separator = ':';
        }
        if (text.empty())
            continue;
        const bool is_list = setting.kind == OptionKind::list;
        const auto texts = is_list ? items(text, separator) : std::vector<std::string>{text};
        for (const std::string &item : texts)
            check_value(setting, item, variable);
        if (!texts.empty())
            found.push_back({setting.name, texts});
    }
    warn_of_unknown(environment, warnings);
    return found;
}

std::vector<FoundSetting> settings_in_file(const std::string &file, Missing missing)
{
    const auto text = read_conf_file(file);
    if (!text && missing == Missing::is_an_error)
        throw UsageError("read " + file + ": there is no such file",
                         "it was named by --config or ACMEPROXY_CONFIG");
    std::vector<FoundSetting> found;
    for (const ConfLine &line : parse_conf(text.value_or(""), file)) {
        const std::string where = fmt::format("{}:{}", file, line.number);
        const Option *setting = find_setting(line.key);
        if (!setting)
            throw UsageError(where + ": unknown key \"" + printable(line.key, 60) + "\"" +
                             did_you_mean(line.key, all_names(same_name)));
        if (!setting->in_file)
            throw UsageError(where + ": " + line.key + " cannot be set in the file itself");
        check_value(*setting, line.value, where + ": " + line.key);
        FoundSetting &entry = found_or_new(found, line.key);
        if (setting->kind != OptionKind::list && !entry.texts.empty())
            throw UsageError(where + ": " + line.key + " is set twice");
        entry.texts.push_back(line.value);
    }
    return found;
}

std::vector<FoundSetting> settings_by_habit(const Environment &environment)
{
    std::vector<FoundSetting> found;
    if (environment.contains("GATEWAY_INTERFACE") || environment.contains("REQUEST_METHOD"))
        return found;
    for (const auto &[setting, variable] :
         {std::pair("proxy", "https_proxy"), std::pair("no-proxy", "no_proxy")}) {
        const std::string text = value_of(environment, variable);
        if (text.empty())
            continue;
        check_value(*find_setting(setting), text, variable);
        found.push_back({setting, {text}});
    }
    return found;
}

}
