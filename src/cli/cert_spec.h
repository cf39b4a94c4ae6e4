// SPDX-License-Identifier: MIT
// From options to what a lineage is for: shared by cert add and cert set.
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"
#include "renew/options.h"
#include "spool/lineage_spec.h"
#include "spool/spool.h"

#include <functional>
#include <string>
#include <vector>

namespace acmeproxy {

enum class Which {
    all,   ///< a new lineage: settings from wherever they come
    given, ///< a change: only what this command line says
};
/// CA, key type, reuse of the key, profile, preferred chain, hook. The CA and the preferred chain
/// are kept only when given: otherwise the lineage follows the configured default.
void apply_options(LineageSpec &spec, const Invocation &invocation, Which which);

/// Adds and takes away names; each in any form.
void apply_names(LineageSpec &spec, const std::vector<std::string> &added,
                 const std::vector<std::string> &dropped);

/// A request as PEM from a file, checked.
std::string read_csr(const std::string &file);
/// The request's names become the lineage's.
void apply_csr(LineageSpec &spec, const std::string &pem);

/// --client, --recipient and --escrow of a new lineage: whose it is, and who can open it; where no
/// recipient is given, the client's own.
void apply_client(LineageSpec &spec, const Spool &spool, const Invocation &invocation);
/// --recipient and --escrow of one that is there: what is not given stays.
void apply_recipients(LineageSpec &spec, const Invocation &invocation);

/// Throws where the CA is unknown, there is no name, or the owner may not have it.
void check_spec(const Spool &spool, const LineageSpec &spec);

/// Runs `change`, after which the lineage says what `spec` says, and before it `before`: under the
/// lock of the claims, with the names claimed for the owner. Throws Error where another client has
/// one. Without an owner it just runs.
void change_with_claims(const Spool &spool, const LineageSpec &spec,
                        const std::vector<Identifier> &before, const std::function<void()> &change);

/// Says now what would otherwise fail after the certificate was obtained.
void warn_of_hook(const HookOptions &options, const std::string &hook);

/// The same of wildcards that `before` had not, where a CA is asked that must be shown a file.
void warn_of_wildcards(const LineageSpec &spec, const std::vector<Identifier> &before);

Option hook_action();   ///< --hook
Option csr_action();    ///< --csr
Option escrow_action(); ///< --escrow

}
