// SPDX-License-Identifier: MIT
#include "spool/layout.h"

#include "base/error.h"
#include "base/text.h"
#include "spool/agent_names.h"

#include <algorithm>
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

bool is_request(const std::string &text)
{
    return AgentNames::lineage_of_request(text).has_value();
}

bool is_refusal(const std::string &text)
{
    return AgentNames::lineage_of_refusal(text).has_value();
}

bool is_generation(const std::string &text)
{
    return parse_generation(text).has_value();
}

using Recognize = bool (*)(const std::string &);

/// What stands for a word of a pattern; nullptr for a word that stands for itself.
Recognize recognizer_of(const std::string &word)
{
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
        {"ACCT.used", parses_before<ClientScopedId, 5>},
        {"DAY", parses<Day>},
        {"THUMBPRINT", parses<Thumbprint>},
        {"MINUTE", parses<Minute>},
        {"NONCE", parses<NonceHash>},
        {"SECRET", parses<SecretName>},
        {"HASH", parses<TokenHash>},
        {"IDENTIFIER", parses<ClaimName>},
        {"CLIENT@NAME.json", is_request},
        {"CLIENT@NAME.refused", is_refusal},
    };
    const auto found = words.find(word);
    return found == words.end() ? nullptr : found->second;
}

/// One part of a path, between two slashes.
struct PatternPart {
    std::string word;
    std::string ending; ///< from its dot on
    Recognize recognize;

    explicit PatternPart(const std::string &text)
        : word(text), ending(text.substr(std::min(text.find('.'), text.size()))),
          recognize(recognizer_of(text))
    {
    }
    bool matches(const std::string &part) const
    {
        return recognize ? part.ends_with(ending) && recognize(part) : part == word;
    }
};

struct PathPattern {
    std::vector<PatternPart> parts;
    bool is_open = false; ///< it ends with "...": whatever is below

    explicit PathPattern(std::string_view text)
    {
        for (const std::string &word : split(text, '/')) {
            if (word == "...")
                is_open = true;
            else
                parts.emplace_back(word);
        }
    }
    bool matches(const std::vector<std::string> &path) const
    {
        if (is_open ? path.size() <= parts.size() : path.size() != parts.size())
            return false;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (!parts[i].matches(path[i]))
                return false;
        }
        return true;
    }
};

std::vector<PathPattern> patterns_of_layout()
{
    std::vector<PathPattern> patterns;
    for (const PathRule &rule : layout())
        patterns.emplace_back(rule.pattern);
    return patterns;
}

}

const std::vector<PathRule> &layout()
{
    using enum PathKind;
    static const std::vector<PathRule> rules = {
        {".", folder, 0751, "spool init"},
        {"challenges", folder, 0755, "spool init"},
        {"challenges/TOKEN", file, 0644, "renew"},
        {"cas", folder, 0700, "spool init"},
        {"cas/CA", folder, 0700, "ca add, renew"},
        {"cas/CA/ca.json", file, 0600, "ca add"},
        {"cas/CA/pause", file, 0600, "renew"},
        {"cas/CA/lock", file, 0600, "renew, account"},
        {"cas/CA/identity.txt", file, 0600, "cert add, renew"},
        {"cas/CA/accounts", folder, 0700, "renew, account"},
        {"cas/CA/accounts/OWNER", folder, 0700, "renew, account"},
        {"cas/CA/accounts/OWNER/key.pem", file, 0600, "renew, account"},
        {"cas/CA/accounts/OWNER/next.pem", file, 0600, "account rollover"},
        {"cas/CA/accounts/OWNER/account.json", file, 0600, "renew, account"},
        {"certs", folder, 0750, "spool init"},
        {"certs/NAME", folder, 0750, "cert add"},
        {"certs/NAME/cert.json", file, 0640, "cert add, cert set"},
        {"certs/NAME/lock", file, 0600, "renew, cert"},
        {"certs/NAME/due", file, 0600, "renew, cert, you"},
        {"certs/NAME/renew", file, 0600, "renew, you"},
        {"certs/NAME/retry.json", file, 0640, "renew, cert set"},
        {"certs/NAME/ari.json", file, 0600, "renew"},
        {"certs/NAME/order.json", file, 0600, "renew"},
        {"certs/NAME/gen", folder, 0750, "cert add"},
        {"certs/NAME/gen/N", folder, 0750, "renew"},
        {"certs/NAME/gen/N/request.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/wanted.json", file, 0600, "renew"},
        {"certs/NAME/gen/N/privkey.pem", file, 0600, "renew"},
        {"certs/NAME/gen/N/privkey.pem.age", file, 0640, "renew"},
        {"certs/NAME/gen/N/bundle.begun", file, 0600, "renew"},
        {"certs/NAME/gen/N/bundle.pem.age", file, 0640, "renew"},
        {"certs/NAME/gen/N/cert.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/chain.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/fullchain.pem", file, 0644, "renew"},
        {"certs/NAME/gen/N/origin.json", file, 0600, "renew"},
        {"certs/NAME/gen/N/deployed", file, 0600, "renew, deploy"},
        {"certs/NAME/live", link, 0, "renew"},
        {"clients", folder, 0750, "spool init"},
        {"clients/CLIENT", folder, 0750, "client"},
        {"clients/CLIENT/client.json", file, 0640, "client"},
        {"clients/CLIENT/lock", file, 0600, "gateway, client"},
        {"clients/CLIENT/eab", folder, 0750, "client"},
        {"clients/CLIENT/eab/KID.json", file, 0640, "client eab"},
        {"clients/CLIENT/eab/KID.used", file, 0600, "auth"},
        {"clients/CLIENT/accounts", folder, 0750, "client"},
        {"clients/CLIENT/accounts/ACCT.json", file, 0640, "auth, client eab"},
        {"clients/CLIENT/quota", folder, 0700, "client"},
        {"clients/CLIENT/quota/DAY", file, 0600, "gateway, renew"},
        {"clients/CLIENT/tokens", folder, 0750, "client"},
        {"clients/CLIENT/tokens/HASH", file, 0640, "client token"},
        {"keys", folder, 0700, "spool init"},
        {"keys/lock", file, 0600, "auth, renew, client"},
        {"keys/THUMBPRINT", file, 0600, "auth"},
        {"nonces", folder, 0770, "spool init"},
        {"nonces/MINUTE", folder, 0770, "auth, gateway, agent"},
        {"nonces/MINUTE/NONCE", file, 0600, "auth, gateway, agent"},
        {"requests", folder, 0770, "spool init"},
        {"requests/.lock", file, 0600, "agent"},
        {"requests/CLIENT@NAME.json", file, 0640, "agent"},
        {"requests/CLIENT@NAME.refused", file, 0640, "renew"},
        {"requests/ACCT.used", file, 0600, "agent"},
        {"requests/tmp", folder, 0770, "spool init"},
        {"requests/tmp/...", file, 0, "agent"},
        {"names", folder, 0750, "spool init"},
        {"names/.lock", file, 0600, "renew, cert"},
        {"names/IDENTIFIER", file, 0640, "renew, cert"},
        {"secrets", folder, 0750, "spool init"},
        {"secrets/SECRET", file, 0640, "auth, gateway, renew"},
        {"tmp", folder, 0700, "spool init"},
        {"tmp/...", file, 0, "all"},
    };
    return rules;
}

const PathRule *find_rule(std::string_view relative)
{
    static const std::vector<PathPattern> patterns = patterns_of_layout();
    const std::vector<std::string> path = split(relative, '/');
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        if (patterns[i].matches(path))
            return &layout()[i];
    }
    return nullptr;
}

}
