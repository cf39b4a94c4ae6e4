// SPDX-License-Identifier: MIT
#include "cli/cert_spec.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/seal_options.h"
#include "cli/usage_error.h"
#include "crypto/csr.h"
#include "renew/hook.h"
#include "spool/ca_store.h"
#include "spool/client_store.h"
#include "spool/lineage_owner.h"
#include "spool/name_claims.h"

#include <algorithm>

namespace acmeproxy {

namespace {

std::vector<Identifier> parse_all(const std::vector<std::string> &texts)
{
    std::vector<Identifier> identifiers;
    for (const std::string &text : texts) {
        try {
            identifiers.push_back(Identifier::parse(text));
        } catch (const Error &e) {
            throw UsageError(e.what());
        }
    }
    return identifiers;
}

bool contains(const std::vector<Identifier> &identifiers, const Identifier &one)
{
    return std::find(identifiers.begin(), identifiers.end(), one) != identifiers.end();
}

}

void apply_options(LineageSpec &spec, const Invocation &invocation, Which which)
{
    const auto counts = [&](const char *name) {
        return which == Which::all || invocation.given(name);
    };
    if (invocation.given("ca"))
        spec.ca = invocation.text("ca");
    if (counts("key-type"))
        spec.key_type = key_type(invocation, "key-type");
    if (counts("reuse-key"))
        spec.reuse_key = invocation.flag("reuse-key");
    if (counts("profile"))
        spec.profile = invocation.text("profile");
    if (invocation.given("preferred-chain"))
        spec.preferred_chain = invocation.text("preferred-chain");
    if (invocation.given("hook"))
        spec.hook = invocation.text("hook");
}

void apply_names(LineageSpec &spec, const std::vector<std::string> &added,
                 const std::vector<std::string> &dropped)
{
    if (!spec.makes_key() && !(added.empty() && dropped.empty()))
        throw UsageError("the names of a lineage with a request of its own are the request's",
                         "give another request with --csr");
    for (const Identifier &identifier : parse_all(dropped)) {
        if (!contains(spec.identifiers, identifier))
            throw UsageError(identifier.value() + " is not in the certificate");
        std::erase(spec.identifiers, identifier);
    }
    for (const Identifier &identifier : parse_all(added)) {
        if (!contains(spec.identifiers, identifier))
            spec.identifiers.push_back(identifier);
    }
    if (spec.identifiers.empty())
        throw UsageError("a certificate needs at least one name");
}

std::string read_csr(const std::string &file)
{
    const std::string text = read_named_file(file);
    try {
        return Csr::from_pem(text).pem();
    } catch (...) {
        rethrow_while("read the request " + file);
    }
}

void apply_csr(LineageSpec &spec, const std::string &pem)
{
    const Csr csr = Csr::from_pem(pem);
    if (const auto weakness = weakness_of(csr.public_key()))
        throw Error("use the request: " + *weakness);
    spec.identifiers = csr.identifiers();
    spec.csr = pem;
    spec.reuse_key = false;
}

void apply_recipients(LineageSpec &spec, const Invocation &invocation)
{
    if (!spec.is_sealed() && (invocation.given("recipient") || invocation.given("escrow")))
        throw UsageError("--recipient and --escrow are for certificates of a client",
                         "see --client in \"acmeproxy help cert add\"");
    if (invocation.given("recipient")) {
        spec.recipients.clear();
        for (const std::string &text : invocation.list("recipient"))
            spec.recipients.push_back(parse_recipient("recipient", text));
    }
    const std::string escrow = invocation.text("escrow");
    if (!escrow.empty())
        spec.escrow = parse_recipient("escrow", escrow);
    else if (invocation.given("escrow"))
        spec.escrow.reset();
}

void apply_client(LineageSpec &spec, const Spool &spool, const Invocation &invocation)
{
    if (!invocation.text("client").empty()) {
        spec.deliver = "sealed";
        spec.owner = from_command_line([&] { return ClientId::parse(invocation.text("client")); },
                                       "cert add");
    }
    apply_recipients(spec, invocation);
    if (!spec.is_sealed() || !spec.recipients.empty())
        return;
    const auto own = ClientStore(spool).load_policy(*spec.owner).recipient;
    if (own)
        spec.recipients.push_back(*own);
    else if (spec.makes_key())
        throw UsageError("nobody could open the key: client " + spec.owner->str() +
                             " has told no recipient",
                         "give one with --recipient age1... (acmeproxy keygen makes a key pair)");
}

void check_spec(const Spool &spool, const LineageSpec &spec)
{
    if (spec.identifiers.empty())
        throw UsageError("a certificate needs at least one name");
    if (!spec.ca.empty() && !load_ca(spool, CaName::parse(spec.ca)))
        throw Error("there is no CA named \"" + spec.ca + "\" (add it: acmeproxy ca add " +
                    spec.ca + " URL)");
    if (const std::string reason = contradiction_in(spec); !reason.empty())
        throw UsageError(reason);
    if (spec.is_sealed())
        check_owner(spool, spec);
}

void change_with_claims(const Spool &spool, const LineageSpec &spec,
                        const std::vector<Identifier> &before, const std::function<void()> &change)
{
    if (!spec.owner)
        return change();
    const NameClaims claims(spool);
    const Lock lock = claims.lock();
    const auto taken = claims.claim(*spec.owner, spec.identifiers);
    if (!taken.empty())
        throw Error("client " + spec.owner->str() + " may not have " + to_text(taken) +
                    ": a lineage of another client is for it, and a name belongs to one client at "
                    "a time (see: acmeproxy cert list)");
    change();
    claims.release(*spec.owner, before);
}

void warn_of_hook(const HookOptions &options, const std::string &hook)
{
    if (hook.empty())
        return;
    try {
        find_hook(options, hook);
    } catch (...) {
        log_warning(describe_current() + " (it will fail until that is put right)");
    }
}

void warn_of_wildcards(const LineageSpec &spec, const std::vector<Identifier> &before)
{
    if (spec.source == "agent")
        return; // its server knows what its CA does
    for (const Identifier &identifier : spec.identifiers) {
        if (identifier.is_wildcard() && !contains(before, identifier))
            log_warning(identifier.value() +
                        " is a wildcard: CAs give certificates for these over dns-01, and "
                        "acmeproxy speaks http-01 only (it will fail unless the CA knows that "
                        "you may have it)");
    }
}

Option hook_action()
{
    return {.name = "hook",
            .value_name = "PROGRAM",
            .help = "The program to run for each new certificate of this lineage: a file name in "
                    "the hooks folder, or a path from the root; '' for none. See "
                    "acmeproxy-hook(7).",
            .check = is_hook};
}

Option escrow_action()
{
    return {.name = "escrow",
            .value_name = "RECIPIENT",
            .help = "With --client: seal for this key of the operator, too, which then opens every "
                    "key of the lineage; '' for none. Off unless said."};
}

Option csr_action()
{
    return {.name = "csr",
            .value_name = "FILE",
            .help = "A certification request (PEM) whose key stays elsewhere. Its names are the "
                    "certificate's."};
}

}
