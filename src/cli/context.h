// SPDX-License-Identifier: MIT
// What most verbs begin with: the settings as the layers below want them, the spool opened as its
// owner, names as people write them.
#pragma once

#include "cli/invocation.h"
#include "renew/options.h"
#include "spool/lineage.h"
#include "spool/spool.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// At the start of a program: from now on whatever is made has its mode set on purpose. The umask
/// that there was is for hooks.
void take_umask();

/// Without "." and "..", and without a slash at the end.
std::string absolute_path(const std::string &path);
/// --spool as an absolute path: hooks are given names below it, and run in "/".
std::string spool_folder(const Invocation &invocation);
/// "mailto:" in front where it is missing, for the CA.
std::vector<std::string> contact_urls(const std::vector<std::string> &addresses);
HttpOptions http_options(const Invocation &invocation);
/// Without what is of one pass. The directory URL replaces that of the CA that is the default
/// without flags: with --ca on the command line, both must be said there.
RenewOptions renew_options(const Invocation &invocation);
HookOptions hook_options(const Invocation &invocation);
KeyType key_type(const Invocation &invocation, const std::string &setting);

/// Started as root: becomes the spool's owner for good. Whatever needs root's eyes (a file that the
/// operator names) is read before.
Spool open_spool(const Invocation &invocation);
/// Makes what is missing of the spool's folders, and returns their names. Warns where root keeps
/// them.
std::vector<std::string> make_folders(const std::string &base);
/// The same, and logs what was made.
void make_spool(const std::string &base);
/// open_spool(), and makes the spool first where it is missing and may be made.
Spool open_or_make_spool(const Invocation &invocation);

/// The text of a file that the operator named on the command line.
std::string read_named_file(const std::string &file);

/// A lineage that exists, by its name or by its first identifier in any form ("BÜCHER.example",
/// "*.a.example"). Throws Error that suggests the nearest.
LineageName find_lineage(const Spool &spool, const std::string &text);
/// One for each argument; all lineages where there is none.
std::vector<LineageName> find_lineages(const Spool &spool, const std::vector<std::string> &texts);

}
