// SPDX-License-Identifier: MIT
// acmeproxy account show | update | rollover | deactivate: our account at a CA (RFC 8555, 7.3).
#include "renew/account.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "jose/jwk.h"
#include "renew/ca_context.h"

namespace acmeproxy {

namespace {

/// The CA of --ca with a session to it, as long as a verb runs.
class CaSession {
public:
    explicit CaSession(const Invocation &invocation)
        : spool_(open_spool(invocation)), options_(renew_options(invocation)),
          ca_(spool_, CaName::parse(invocation.text("ca")), options_, system_clock()),
          http_(ca_.trust(), ca_.http_options()), session_(http_, ca_.service(), system_clock())
    {
    }
    CaContext &ca() { return ca_; }
    AcmeSession &session() { return session_; }
    AccountFiles files() const { return ca_.account_files(); }

    /// Throws Error where there is none yet: showing or changing must not make one.
    Account existing_account()
    {
        const auto key = files().key();
        // A key alone is no account: "account thumbprint" makes it before there is one.
        if (!key || (!files().record() && !files().next_key() && !find_account(session_, *key)))
            throw Error("there is no account at " + ca_.name().str() +
                        " yet (the first certificate makes it: acmeproxy cert add)");
        return ensure_account(files(), session_, ca_.config(), options_.account_key_type);
    }
    const RenewOptions &options() const { return options_; }

private:
    Spool spool_;
    RenewOptions options_;
    CaContext ca_;
    HttpClient http_;
    AcmeSession session_;
};

int show_account(const Invocation &invocation, std::ostream &out)
{
    CaSession session(invocation);
    const Account account = session.existing_account();
    const AccountInfo info = fetch_account(session.session(), account.signer());
    const std::string thumbprint = jwk_thumbprint(account.key.public_key());
    if (invocation.flag("json")) {
        out << Json::object()
                   .set("ca", session.ca().name().str())
                   .set("directory", session.ca().config().directory)
                   .set("url", account.url)
                   .set("status", info.status)
                   .set("contact", Json::strings(info.contact))
                   .set("key", session.files().path() + "/key.pem")
                   .set("thumbprint", thumbprint)
                   .to_pretty_text();
        return 0;
    }
    FieldList fields;
    fields.add(session.session().directory().is_agent() ? "agent" : "CA",
               session.ca().name().str());
    fields.add("directory", session.ca().config().directory);
    fields.add("account", account.url);
    fields.add("status", printable(info.status));
    fields.add("contact", info.contact.empty() ? "none" : join(info.contact, "\n"));
    fields.add("key", session.files().path() + "/key.pem");
    fields.add("thumbprint", thumbprint);
    out << fields.to_text();
    return 0;
}

int update_account(const Invocation &invocation, std::ostream &out)
{
    CaSession session(invocation);
    const Account account = session.existing_account();
    const std::vector<std::string> contact = contact_urls(invocation.list("contact"));
    set_contact(session.files(), session.session(), account, contact);
    out << "the contact of the account at " << session.ca().name().str() << " is now "
        << (contact.empty() ? "empty" : join(contact, ", ")) << "\n";
    return 0;
}

int roll_key_over(const Invocation &invocation, std::ostream &out)
{
    CaSession session(invocation);
    session.existing_account();
    roll_over(session.files(), session.session(), session.ca().config(),
              session.options().account_key_type);
    out << "the account at " << session.ca().name().str() << " has a new key\n";
    return 0;
}

int deactivate_for_good(const Invocation &invocation, std::ostream &out)
{
    CaSession session(invocation);
    const Account account = session.existing_account();
    deactivate(session.files(), session.session(), account);
    out << "deactivated the account " << account.url << " at " << session.ca().name().str() << "\n";
    return 0;
}

Verb account_verb(const std::string &word, int (*run)(const Invocation &, std::ostream &))
{
    std::vector<std::string> settings = network_settings();
    settings.insert(settings.end(), {"ca", "acme-directory-url"});
    return {
        .name = "account " + word, .settings = settings, .man_page = "acmeproxy-ca(1)", .run = run};
}

}

std::vector<Verb> account_verbs()
{
    Verb show = account_verb("show", show_account);
    show.summary = "show our account at a certificate authority";
    show.description = "Asks the CA for the account and shows it, with the thumbprint of its key. "
                       "An account is made by the first certificate.";
    show.actions = {json_action()};
    show.examples = {{"The account at the default CA", "acmeproxy account show"}};

    Verb update = account_verb("update", update_account);
    update.summary = "set the account's contact addresses";
    update.description = "Replaces the contact of the account by that of --contact or of the "
                         "setting contact; with neither, removes it.";
    update.settings.push_back("contact");
    update.examples = {
        {"Another address", "acmeproxy account update --contact hostmaster@example.org"}};

    Verb rollover = account_verb("rollover", roll_key_over);
    rollover.summary = "give the account a new key";
    rollover.description = "Makes a key and has the CA exchange it for the old one (RFC 8555, "
                           "section 7.3.5). When that is interrupted, the next use of the account "
                           "finds out which key the CA has.";
    rollover.settings.push_back("account-key-type");
    rollover.examples = {
        {"Change to P-384", "acmeproxy account rollover --account-key-type ec384"}};

    Verb deactivate = account_verb("deactivate", deactivate_for_good);
    deactivate.summary = "give the account up, for good";
    deactivate.description =
        "Has the CA deactivate the account, then removes its key. Certificates "
        "stay valid; the next one makes a new account. There is no way back.";
    deactivate.examples = {{"At the staging CA", "acmeproxy account deactivate --ca "
                                                 "letsencrypt-staging"}};
    return {show, account_thumbprint_verb(), update, rollover, deactivate};
}

}
