// SPDX-License-Identifier: MIT
// Looking at a published challenge as the CA will, through the public name: a wrong DNS entry or
// web server then costs no failed authorization.
#pragma once

#include "base/identifier.h"
#include "renew/options.h"

#include <string>

namespace acmeproxy {

/// Throws Error that says what was fetched, what came back, and what to look at. A redirect is left
/// to the CA: it proves that a web server answers.
void self_check(const RenewOptions &options, const Identifier &identifier, const std::string &token,
                const std::string &expected);

}
