// SPDX-License-Identifier: MIT
// From options to what a lineage is for: shared by cert add and cert set.
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"
#include "renew/options.h"
#include "spool/lineage_spec.h"
#include "spool/spool.h"

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

/// Throws where the CA is unknown or there is no name.
void check_spec(const Spool &spool, const LineageSpec &spec);

/// Says now what would otherwise fail after the certificate was obtained.
void warn_of_hook(const HookOptions &options, const std::string &hook);

Option hook_action(); ///< --hook
Option csr_action();  ///< --csr

}
