// SPDX-License-Identifier: MIT
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

std::vector<Verb> make_verbs()
{
    std::vector<Verb> table;
    const auto add = [&](const std::vector<Verb> &verbs) {
        table.insert(table.end(), verbs.begin(), verbs.end());
    };
    add({cert_add_verb()});
    add(cert_list_verbs());
    add(cert_change_verbs());
    add({import_verb()});
    add({serve_verb()});
    add(renew_verbs());
    add({status_verb()});
    add(ca_verbs());
    add(account_verbs());
    add(client_verbs());
    add(spool_verbs());
    add({keygen_verb(), seal_verb(), open_verb()});
    add({help_verb(), version_verb()});
    return table;
}

}

const std::vector<Verb> &all_verbs()
{
    static const std::vector<Verb> table = make_verbs();
    return table;
}

}
