// SPDX-License-Identifier: MIT
#include "spool/layout.h"

#include "base/error.h"
#include "base/text.h"
#include "spool/client_names.h"

#include <map>

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

template <class Name, std::size_t ending> bool parses_before(const std::string &text)
{
    return parses<Name>(text.substr(0, text.size() - ending));
}

bool is_generation(const std::string &text)
{
    return parse_generation(text).has_value();
}

/// Whether one part of a path is what one part of a pattern stands for.
bool part_matches(const std::string &pattern, const std::string &part)
{
    using Recognize = bool (*)(const std::string &);
    static const std::map<std::string, Recognize> words = {
        {"TOKEN", parses<Token>},
        {"CA", parses<CaName>},
        {"OWNER", parses<ClientId>},
        {"NAME", parses<LineageName>},
        {"N", is_generation},
        {"CLIENT", parses<ClientId>},
        {"KID.json", parses_before<ClientScopedId, 5>},
        {"KID.used", parses_before<ClientScopedId, 5>},
        {"ACCT.json", parses_before<ClientScopedId, 5>},
        {"DAY", parses<Day>},
        {"THUMBPRINT", parses<Thumbprint>},
        {"MINUTE", parses<Minute>},
        {"NONCE", parses<NonceHash>},
        {"SECRET", parses<SecretName>},
    };
    const auto word = words.find(pattern);
    if (word == words.end())
        return pattern == part;
    const std::size_t dot = pattern.find('.');
    const std::string ending = dot == std::string::npos ? "" : pattern.substr(dot);
    return part.ends_with(ending) && word->second(part);
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
        {"clients", folder, 0700, "spool init"},
        {"clients/CLIENT", folder, 0700, "client"},
        {"clients/CLIENT/client.json", file, 0600, "client"},
        {"clients/CLIENT/lock", file, 0600, "gateway, client"},
        {"clients/CLIENT/eab", folder, 0700, "client"},
        {"clients/CLIENT/eab/KID.json", file, 0600, "client eab"},
        {"clients/CLIENT/eab/KID.used", file, 0600, "auth"},
        {"clients/CLIENT/accounts", folder, 0700, "client"},
        {"clients/CLIENT/accounts/ACCT.json", file, 0600, "auth, client eab"},
        {"clients/CLIENT/quota", folder, 0700, "client"},
        {"clients/CLIENT/quota/DAY", file, 0600, "gateway"},
        {"keys", folder, 0700, "spool init"},
        {"keys/lock", file, 0600, "auth, renew, client"},
        {"keys/THUMBPRINT", file, 0600, "auth"},
        {"nonces", folder, 0700, "spool init"},
        {"nonces/MINUTE", folder, 0700, "auth, gateway"},
        {"nonces/MINUTE/NONCE", file, 0600, "auth, gateway"},
        {"secrets", folder, 0700, "spool init"},
        {"secrets/SECRET", file, 0600, "auth, gateway, renew"},
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
