// SPDX-License-Identifier: MIT
#include "acme/account.h"

#include "acme/answer.h"
#include "acme/ca_url.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"

namespace acmeproxy {

namespace {

/// Section 7.1.2. CAs may leave the contact out (Let's Encrypt does), and old ones the status.
AccountInfo parse_account(const Json &json, std::string url)
{
    AccountInfo account;
    account.url = std::move(url);
    account.status = printable(json.string_or("status", "valid"), 40);
    for (const std::string &contact : json.strings_or_none("contact"))
        account.contact.push_back(printable(contact));
    return account;
}

/// What is no URL is an e-mail address.
Json to_urls(const std::vector<std::string> &contact)
{
    Json urls = Json::array();
    for (const std::string &one : contact)
        urls.push(one.find(':') == std::string::npos ? "mailto:" + one : one);
    return urls;
}

/// Section 7.3.4: the account's public key, authenticated by the key that the CA handed out.
Json bind_external(const ExternalAccount &external, const PrivateKey &key, const std::string &url)
{
    Json header = Json::object();
    header.set("kid", external.kid).set("url", url);
    return sign_jws_hmac(external.alg, external.mac_key, header,
                         to_jwk(key.public_key()).to_text());
}

AccountInfo post_new_account(AcmeSession &session, const PrivateKey &key, const Json &payload,
                             const std::string &doing)
{
    const std::string &url = session.directory().new_account;
    HttpResponse response;
    const Json json = session.post_for_json(url, payload.to_text(), {key, ""}, doing, &response);
    return read_answer(doing, url, [&] { return parse_account(json, location_of(response, url)); });
}

AccountInfo post_account(AcmeSession &session, const Signer &account, std::string_view payload,
                         const std::string &doing)
{
    const std::string &url = account.account_url;
    const Json json = session.post_for_json(url, payload, account, doing);
    return read_answer(doing, url, [&] { return parse_account(json, url); });
}

}

AccountInfo register_account(AcmeSession &session, const PrivateKey &key,
                             const std::vector<std::string> &contact,
                             const ExternalAccount *external)
{
    const std::string doing = "new account";
    const Directory &directory = session.directory();
    if (directory.external_account_required && !external)
        throw Error(at_ca(doing, directory.new_account) +
                    ": an external account binding is required (a key id and a MAC key, of its "
                    "operator: give them with --eab-kid and --eab-key-file)");
    Json payload = Json::object();
    payload.set("termsOfServiceAgreed", true);
    if (!contact.empty())
        payload.set("contact", to_urls(contact));
    if (external)
        payload.set("externalAccountBinding", bind_external(*external, key, directory.new_account));
    return post_new_account(session, key, payload, doing);
}

std::optional<AccountInfo> find_account(AcmeSession &session, const PrivateKey &key)
try {
    Json payload = Json::object();
    payload.set("onlyReturnExisting", true);
    return post_new_account(session, key, payload, "find account");
} catch (const CaProblem &problem) {
    if (problem.type == "accountDoesNotExist")
        return std::nullopt;
    throw;
}

AccountInfo fetch_account(AcmeSession &session, const Signer &account)
{
    return post_account(session, account, "", "account");
}

AccountInfo update_contact(AcmeSession &session, const Signer &account,
                           const std::vector<std::string> &contact)
{
    Json payload = Json::object();
    payload.set("contact", to_urls(contact));
    return post_account(session, account, payload.to_text(), "update account");
}

AccountInfo deactivate_account(AcmeSession &session, const Signer &account)
{
    Json payload = Json::object();
    payload.set("status", "deactivated");
    return post_account(session, account, payload.to_text(), "deactivate account");
}

void change_account_key(AcmeSession &session, const Signer &account, const PrivateKey &new_key)
{
    const std::string doing = "change account key";
    const Directory &directory = session.directory();
    const std::string &url = directory.key_change;
    if (url.empty())
        throw Error(at_ca(doing, directory.new_account) + ": keyChange is not offered there");
    // The inner JWS says by the new key what the outer one says by the old: both agree.
    Json header = Json::object();
    header.set("jwk", to_jwk(new_key.public_key())).set("url", url);
    Json payload = Json::object();
    payload.set("account", account.account_url).set("oldKey", to_jwk(account.key.public_key()));
    session.post(url, sign_jws(new_key, header, payload.to_text()), account, doing);
}

bool is_account_lost(const CaProblem &problem)
{
    if (problem.type == "accountDoesNotExist")
        return true;
    if (problem.type != "unauthorized")
        return false;
    // Section 7.3.6 wants 401 for a deactivated account; Boulder answers 403, as for any lack of
    // rights, so there only the words tell. A failed validation has the type, too, but no status
    // of its own, and its words come from a stranger's web server.
    const std::string detail = to_lower(problem.detail);
    const auto says = [&](std::string_view word) { return detail.find(word) != std::string::npos; };
    return problem.status == 401 ||
           (problem.status == 403 && says("account") && (says("deactivated") || says("revoked")));
}

}
