// SPDX-License-Identifier: MIT
// The certificate-obtained-hook (acmeproxy-hook(7)): a program that is run, without a shell, for a
// generation that is live and not deployed. It is given the lineage in its environment, and nothing
// of ours besides.
#pragma once

#include "base/child_process.h"
#include "renew/options.h"
#include "spool/lineage.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// The program that a hook setting names: a plain name is a file in the hooks folder, else it must
/// be an absolute path. As root the file must lie in the hooks folder, and it and every folder
/// above it must belong to root and be writable by nobody else. Throws Error with the reason.
std::string find_hook(const HookOptions &options, const std::string &setting);

/// All variables of a hook's environment ("NAME=value").
std::vector<std::string> hook_environment(const Lineage &lineage, Generation number,
                                          const std::vector<Certificate> &chain);

}
