// SPDX-License-Identifier: MIT
#include "spool/layout.h"

#include "base/error.h"
#include "base/text.h"
#include "spool/names.h"

namespace acmeproxy {

namespace {

template <class Name> bool parses(const std::string &text)
{
    try {
        Name::parse(text);
        return true;
    } catch (const Error &) {
        return false;
    }
}

/// Whether one part of a path is what one part of a pattern stands for.
bool part_matches(const std::string &pattern, const std::string &part)
{
    if (pattern == "TOKEN")
        return parses<Token>(part);
    if (pattern == "CA")
        return parses<CaName>(part);
    if (pattern == "OWNER")
        return parses<ClientId>(part);
    if (pattern == "NAME")
        return parses<LineageName>(part);
    if (pattern == "N")
        return parse_generation(part).has_value();
    return pattern == part;
}

bool matches(std::string_view pattern, const std::vector<std::string> &parts)
{
    const std::vector<std::string> patterns = split(pattern, '/');
    if (patterns.size() != parts.size())
        return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!part_matches(patterns[i], parts[i]))
            return false;
    }
    return true;
}

}

const std::vector<PathRule> &layout()
{
    using enum PathKind;
    static const std::vector<PathRule> rules = {
        {".", folder, 0711, "spool init"},
        {"challenges", folder, 0755, "spool init"},
        {"challenges/TOKEN", file, 0644, "renew"},
        {"cas", folder, 0700, "spool init"},
        {"cas/CA", folder, 0700, "ca add, renew"},
        {"cas/CA/ca.json", file, 0600, "ca add"},
        {"cas/CA/pause", file, 0600, "renew"},
        {"cas/CA/lock", file, 0600, "renew, account"},
        {"cas/CA/accounts", folder, 0700, "renew, account"},
        {"cas/CA/accounts/OWNER", folder, 0700, "renew, account"},
        {"cas/CA/accounts/OWNER/key.pem", file, 0600, "renew, account"},
        {"cas/CA/accounts/OWNER/next.pem", file, 0600, "account rollover"},
        {"cas/CA/accounts/OWNER/account.json", file, 0600, "renew, account"},
        {"certs", folder, 0700, "spool init"},
        {"certs/NAME", folder, 0700, "cert add"},
        {"certs/NAME/cert.json", file, 0600, "cert add, cert set"},
        {"certs/NAME/lock", file, 0600, "renew, cert"},
        {"certs/NAME/due", file, 0600, "renew, cert, you"},
        {"certs/NAME/retry.json", file, 0600, "renew"},
        {"certs/NAME/ari.json", file, 0600, "renew"},
        {"certs/NAME/order.json", file, 0600, "renew"},
        {"certs/NAME/gen", folder, 0700, "cert add"},
        {"certs/NAME/gen/N", folder, 0700, "renew"},
        {"certs/NAME/gen/N/request.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/wanted.json", file, 0600, "renew"},
        {"certs/NAME/gen/N/privkey.pem", file, 0600, "renew"},
        {"certs/NAME/gen/N/cert.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/chain.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/fullchain.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/deployed", file, 0600, "renew, deploy"},
        {"certs/NAME/live", link, 0, "renew"},
        {"tmp", folder, 0700, "spool init"},
        {"tmp/...", file, 0, "all"},
    };
    return rules;
}

const PathRule *find_rule(std::string_view relative)
{
    const std::vector<std::string> parts = split(relative, '/');
    const bool temporary = parts.front() == "tmp" && parts.size() > 1;
    for (const PathRule &rule : layout()) {
        if (temporary ? rule.pattern == "tmp/..." : matches(rule.pattern, parts))
            return &rule;
    }
    return nullptr;
}

}
