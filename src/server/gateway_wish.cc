// SPDX-License-Identifier: MIT
#include "server/gateway_wish.h"

#include "base/problem.h"
#include "base/text.h"
#include "base/time_text.h"
#include "server/gateway_renewal_info.h"

#include <algorithm>

namespace acmeproxy {

namespace {

[[noreturn]] void malformed_order(const std::string &detail)
{
    throw Problem("malformed", detail);
}

/// One problem for all names that were refused; of one name it says all.
[[noreturn]] void refuse(std::vector<Subproblem> refused, int status)
{
    const std::string detail = refused.size() == 1
                                   ? refused.front().identifier + ": " + refused.front().detail
                                   : std::to_string(refused.size()) + " names are refused";
    Problem problem(refused.front().type, detail, status);
    problem.subproblems = std::move(refused);
    throw problem;
}

void check_type(const std::string &type)
{
    if (type != "dns" && type != "ip")
        throw Problem("unsupportedIdentifier", "identifiers of the type \"" + printable(type, 40) +
                                                   "\" are not known; use dns or ip");
}

void read_names(const Json &payload, OrderWish &wish)
{
    const Json::Array &list = payload.array_at("identifiers");
    if (list.empty() || list.size() > most_names_of_order)
        malformed_order("an order must have 1 to " + std::to_string(most_names_of_order) +
                        " identifiers");
    std::vector<Subproblem> bad;
    std::vector<Identifier> &names = wish.request.identifiers;
    for (const Json &one : list) {
        const std::string &type = one.string_at("type");
        const std::string &value = one.string_at("value");
        check_type(type);
        try {
            Identifier name = Identifier::parse(type, value);
            if (std::find(names.begin(), names.end(), name) != names.end())
                continue;
            names.push_back(std::move(name));
            wish.spellings.push_back(value);
        } catch (const Error &e) {
            bad.push_back({"rejectedIdentifier", printable(e.what(), 300), printable(value, 260)});
        }
    }
    if (!bad.empty())
        refuse(std::move(bad), 400);
}

std::string read_time(const Json &payload, std::string_view name)
{
    const std::string text = payload.string_or(name, "");
    if (!text.empty() && !parse_rfc3339(text))
        malformed_order("\"" + std::string(name) + "\" is not a time as RFC 3339 has it");
    return text;
}

std::string why_refused(const ClientPolicy &policy, const Identifier &name,
                        const PatternDecision &decision)
{
    if (!decision.pattern.empty())
        return "this client must not have it";
    if (!name.is_wildcard())
        return "this client may not have it";
    const bool has_any = std::any_of(policy.names.begin(), policy.names.end(), [](const auto &p) {
        return p.text().starts_with("wildcard:");
    });
    return has_any ? "this client may not have this wildcard"
                   : "wildcards are not allowed for this client; order the names one by one";
}

}

OrderWish read_order_wish(const Json &payload)
try {
    OrderWish wish;
    read_names(payload, wish);
    OrderRequest &request = wish.request;
    request.not_before = read_time(payload, "notBefore");
    request.not_after = read_time(payload, "notAfter");
    request.profile = payload.string_or("profile", "");
    request.replaces = payload.string_or("replaces", "");
    if (!request.replaces.empty() && !is_renewal_info_id(request.replaces))
        malformed_order(
            "\"replaces\" is not the identifier of a certificate (RFC 9773, section 4.1)");
    return wish;
} catch (const JsonError &e) {
    malformed_order("the order is of no use: " + describe(e));
}

void check_names_allowed(const ClientPolicy &policy, const std::vector<Identifier> &identifiers)
{
    std::vector<Subproblem> refused;
    for (const Identifier &name : identifiers) {
        const PatternDecision decision = decide(policy.names, name);
        if (!decision.allowed)
            refused.push_back(
                {"rejectedIdentifier", why_refused(policy, name, decision), name.value()});
    }
    if (!refused.empty())
        refuse(std::move(refused), 403);
}

void check_profile_allowed(const ClientPolicy &policy, const Directory &directory,
                           const std::string &profile)
{
    if (profile.empty())
        return;
    if (!directory.profiles.contains(profile))
        throw Problem("invalidProfile", "the CA has no profile \"" + printable(profile, 60) + "\"");
    const std::vector<std::string> &allowed = policy.profiles;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), profile) == allowed.end())
        throw Problem("invalidProfile",
                      "this client may not use the profile \"" + printable(profile, 60) + "\"");
}

}
