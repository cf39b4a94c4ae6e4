// SPDX-License-Identifier: MIT
#include "spool/check_content.h"

#include "base/text.h"
#include "base/time_text.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "crypto/sealed_box.h"
#include "spool/agent_requests.h"
#include "spool/ca_store.h"
#include "spool/client_tokens.h"
#include "spool/lineage_spec.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

std::string text_of(const Spool &spool, const std::string &path)
{
    return spool.dir().read_file(path).value_or("");
}

void is_empty(const Spool &spool, const std::string &path, Time)
{
    const auto st = spool.dir().status(path);
    if (st && st->st_size != 0)
        throw ContentFault("is not empty");
}

template <auto parse> void is_json(const Spool &spool, const std::string &path, Time)
{
    parse(parse_spool_json(text_of(spool, path)));
}

template <class Name> void holds_name(const Spool &spool, const std::string &path, Time)
{
    Name::parse(trim(text_of(spool, path)));
}

void is_private_key(const Spool &spool, const std::string &path, Time)
{
    if (const auto pem = read_secret_file(spool.dir(), path))
        PrivateKey::from_pem(pem->view());
}

void is_request(const Spool &spool, const std::string &path, Time)
{
    Csr::from_pem(text_of(spool, path));
}

/// A rollover takes seconds; what is older was interrupted.
void is_next_key(const Spool &spool, const std::string &path, Time now)
{
    is_private_key(spool, path, now);
    const auto st = spool.dir().status(path);
    if (st && now - Time(Seconds(st->st_mtime)) > std::chrono::hours(1))
        throw ContentFault("was left behind by a rollover that was interrupted");
}

void is_pause(const Spool &spool, const std::string &path, Time now)
{
    const std::string text = text_of(spool, path);
    const auto until = parse_rfc3339(text.substr(0, text.find_first_of(" \n")));
    if (!until)
        throw ContentFault("does not begin with an instant (RFC 3339)");
    if (*until > now + std::chrono::hours(48))
        throw ContentFault("ends more than two days ahead: a clock was wrong");
}

void is_secret(const Spool &spool, const std::string &path, Time)
{
    const auto st = spool.dir().status(path);
    if (st && st->st_size != static_cast<off_t>(box_key_size))
        throw ContentFault(fmt::format("holds {} bytes, not {}", st->st_size, box_key_size));
}

/// clients/CLIENT/tokens/HASH
void is_token(const Spool &spool, const std::string &path, Time)
{
    const std::vector<std::string> parts = split(path, '/');
    parse_client_token(ClientId::parse(parts[1]), TokenHash::parse(parts[3]),
                       parse_spool_json(text_of(spool, path)));
}

constexpr const char *made_anew = "remove it: it is made anew when it is needed";
constexpr const char *nothing_in_it = "nothing is to be in it: see who wrote that, and empty it "
                                      "(truncate -s 0)";

constexpr ContentRule rules[] = {
    {"cas/CA/pause", is_pause, "remove it: it does not count", true},
    {"cas/CA/accounts/OWNER/key.pem", is_private_key,
     "put it back from a backup, or remove it to get a new account"},
    {"cas/CA/accounts/OWNER/next.pem", is_next_key,
     "the next use of the account asks the CA which key it has: acmeproxy account show --ca CA"},
    {"cas/CA/accounts/OWNER/account.json", is_json<parse_account_record>, made_anew, true},
    {"certs/NAME/due", is_empty, nothing_in_it},
    {"certs/NAME/renew", is_empty, nothing_in_it},
    {"certs/NAME/gen/N/request.pem", is_request,
     "put it back from a backup; a new certificate has a new one: acmeproxy renew --force NAME"},
    {"certs/NAME/gen/N/wanted.json", is_json<parse_lineage_spec>,
     "put it back from a backup; a new certificate has a new one: acmeproxy renew --force NAME"},
    {"certs/NAME/gen/N/deployed", is_empty, nothing_in_it},
    {"clients/CLIENT/eab/KID.used", holds_name<Thumbprint>,
     "the key makes no account any more: revoke it (acmeproxy client eab revoke KID)"},
    {"clients/CLIENT/tokens/HASH", is_token, "remove it, and give the client another token"},
    {"nonces/MINUTE/NONCE", is_empty, nothing_in_it},
    {"requests/CLIENT@NAME.json", is_json<parse_agent_wish>,
     "remove it, and have the client wish again"},
    {"requests/CLIENT@NAME.refused", is_json<parse_agent_refusal>,
     "remove it: it is only a message", true},
    {"requests/ACCT.used", is_empty, nothing_in_it},
    {"secrets/SECRET", is_secret, "remove it: clients then begin their orders anew"},
};

}

const ContentRule *find_content_rule(std::string_view pattern)
{
    for (const ContentRule &rule : rules) {
        if (rule.pattern == pattern)
            return &rule;
    }
    return nullptr;
}

}
