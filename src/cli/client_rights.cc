// SPDX-License-Identifier: MIT
#include "cli/client_rights.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/client_text.h"
#include "cli/usage_error.h"
#include "spool/ca_store.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// "100", "100/day"; the unit may be written, for the reader. nullopt: "none" or nothing, no limit.
std::optional<int> parse_quota(const std::string &text)
{
    if (text.empty() || text == "none")
        return std::nullopt;
    std::string_view number = text;
    if (number.ends_with("/day"))
        number.remove_suffix(4);
    return parse_number(std::string(number), 0, 1000000);
}

void is_quota(const std::string &value)
{
    parse_quota(value);
}

std::set<std::string> parse_modes(const std::vector<std::string> &texts)
{
    std::set<std::string> modes;
    for (const std::string &mode : split_commas(texts)) {
        if (mode != "gateway" && mode != "agent")
            throw UsageError("--mode: \"" + printable(mode, 60) + "\" is no mode",
                             "there are gateway and agent");
        modes.insert(mode);
    }
    if (modes.empty())
        throw UsageError("--mode: no mode is given",
                         "what a client asks for is refused after \"acmeproxy client disable\"");
    return modes;
}

/// Those between commas; "none" stands for an empty list, and alone.
std::vector<std::string> parse_list(const Invocation &invocation, const std::string &option)
{
    std::vector<std::string> words = split_commas({invocation.text(option)});
    if (std::find(words.begin(), words.end(), "none") == words.end())
        return words;
    if (words.size() > 1)
        throw UsageError("--" + option + ": \"none\" stands alone");
    return {};
}

std::vector<CaName> parse_cas(const Invocation &invocation)
{
    std::vector<CaName> cas;
    for (const std::string &ca : parse_list(invocation, "ca"))
        cas.push_back(CaName::parse(ca));
    return cas;
}

}

std::vector<Option> rights_actions()
{
    return {{.name = "mode",
             .kind = OptionKind::list,
             .value_name = "MODE",
             .help = "What it may use: gateway, agent, or both, separated by a comma. A new client "
                     "without this: gateway."},
            {.name = "quota",
             .value_name = "N/day",
             .help = "How many orders it may place in a day (UTC); none: any number.",
             .check = is_quota},
            {.name = "own-account",
             .kind = OptionKind::flag,
             .help = "Give it an account of its own at each CA."}};
}

void apply_rights(ClientPolicy &policy, const Invocation &invocation)
{
    if (invocation.given("mode"))
        policy.modes = parse_modes(invocation.list("mode"));
    if (invocation.given("ca"))
        policy.cas = parse_cas(invocation);
    if (invocation.given("profile"))
        policy.profiles = parse_list(invocation, "profile");
    if (invocation.given("quota"))
        policy.orders_per_day = parse_quota(invocation.text("quota"));
    if (invocation.given("own-account"))
        policy.own_account = invocation.flag("own-account");
}

void check_given_cas(const Spool &spool, const Invocation &invocation)
{
    if (!invocation.given("ca"))
        return;
    for (const CaName &ca : parse_cas(invocation)) {
        if (!load_ca(spool, ca))
            throw Error("there is no CA named " + ca.str() + " (see them: acmeproxy ca list)");
    }
}

}
