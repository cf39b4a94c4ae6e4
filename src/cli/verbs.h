// SPDX-License-Identifier: MIT
// All verbs. Each file of verbs has one function here.
#pragma once

#include "cli/verb.h"

#include <vector>

namespace acmeproxy {

/// In the order in which help lists them.
const std::vector<Verb> &all_verbs();

Verb cert_add_verb();
Verb import_verb();
std::vector<Verb> renew_verbs();
Verb serve_verb();
Verb status_verb();
std::vector<Verb> spool_verbs();
Verb ca_add_verb();
Verb account_thumbprint_verb();
std::vector<Verb> ca_verbs();
std::vector<Verb> account_verbs();
/// All of client, in the order in which help lists them.
std::vector<Verb> client_verbs();
std::vector<Verb> client_list_verbs();
std::vector<Verb> client_eab_verbs();
std::vector<Verb> client_token_verbs();
Verb client_set_verb();
Verb client_check_verb();
std::vector<Verb> cert_list_verbs();
std::vector<Verb> cert_change_verbs();
Verb keygen_verb();
Verb seal_verb();
Verb open_verb();
Verb help_verb();
Verb version_verb();

}
