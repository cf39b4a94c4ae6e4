// SPDX-License-Identifier: MIT
// acmeproxy client set: other rights for a client that is there.
#include "base/log.h"
#include "cli/client_rights.h"
#include "cli/client_text.h"
#include "cli/context.h"
#include "cli/verbs.h"
#include "spool/name_claims.h"

namespace acmeproxy {

namespace {

void warn_of_lineages(const Spool &spool, const ClientId &id, const ClientPolicy &policy)
{
    const std::size_t count = policy.modes.contains("agent") ? 0 : lineages_of(spool, id).size();
    if (count)
        log_warning(std::to_string(count) + " of its certificates at the agent " +
                    (count == 1 ? "is" : "are") + " not renewed any more (acmeproxy cert list)");
}

/// RFC 8555, section 7.6: the account that ordered a certificate may revoke it, and one that holds
/// authorizations of all its names.
void warn_of_account(const ClientPolicy &policy)
{
    if (policy.own_account)
        log_info(
            "what it lacks of accounts at CAs is made in the next pass, and until then the gateway "
            "answers 503 (now: acmeproxy renew)");
    log_warning("the account from before has ordered its certificates: the one that it has now may "
                "revoke them when it has ordered their names as well");
}

int set_client(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientId id = find_client(ClientStore(spool), invocation.arguments[0]);
    check_given_cas(spool, invocation);
    ClientPolicy before;
    ClientPolicy after;
    const bool is_changed = change_policy(spool, id, [&](ClientPolicy &policy) {
        before = policy;
        apply_rights(policy, invocation);
        after = policy;
    });
    if (!is_changed) {
        out << "nothing of " << id.str() << " is to be changed\n";
        return 0;
    }
    out << "changed " << id.str() << "\n" << std::flush;
    if (after.modes != before.modes)
        warn_of_lineages(spool, id, after);
    if (after.own_account != before.own_account)
        warn_of_account(after);
    return 0;
}

}

Verb client_set_verb()
{
    return {
        .name = "client set",
        .synopsis = "ID",
        .least = 1,
        .most = 1,
        .summary = "change what a client may do",
        .description =
            "Changes a client, from its next request on; what is not given stays. --ca, --profile "
            "and --mode each replace what was there, with several separated by commas. none takes "
            "a list or limit away: the default CA alone, all profiles, any number of orders. Its "
            "names are changed by client allow and client deny. --no-own-account has it order with "
            "the account that clients share again.",
        .settings = {"ca", "profile"},
        .several = {"ca", "profile"},
        .actions = rights_actions(),
        .examples = {{"More orders", "acmeproxy client set web1 --quota 50/day"},
                     {"The agent as well", "acmeproxy client set web1 --mode gateway,agent"}},
        .man_page = "acmeproxy-client(1)",
        .run = set_client};
}

}
