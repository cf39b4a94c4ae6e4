// SPDX-License-Identifier: MIT
// acmeproxy spool init | check: the folder that holds everything.
#include "spool/spool.h"

#include "base/log.h"
#include "cli/build_paths.h"
#include "cli/context.h"
#include "cli/verbs.h"
#include "spool/check.h"

namespace acmeproxy {

namespace {

int init(const Invocation &invocation, std::ostream &out)
{
    const std::string base = spool_folder(invocation);
    const std::vector<std::string> made = make_folders(base);
    for (const std::string &path : made)
        out << "made " << path << "\n";
    if (made.empty())
        out << "the spool " << base << " is complete\n";
    return 0;
}

int check(const Invocation &invocation, std::ostream &out)
{
    const Repair repair = invocation.flag("repair") ? Repair::yes : Repair::no;
    const Spool spool = open_spool(invocation);
    int left = 0, mendable = 0;
    for (const Finding &finding : check_spool(spool, repair, system_clock().now())) {
        out << finding.path << ": " << finding.what
            << (finding.repaired ? "; repaired" : " (" + finding.advice + ")") << "\n";
        left += finding.repaired ? 0 : 1;
        mendable += finding.mendable;
    }
    if (left > 0)
        log_error(std::to_string(left) + (left == 1 ? " thing is" : " things are") +
                  " not as doc/spool.md says" +
                  (repair == Repair::no && mendable > 0
                       ? " (" + std::to_string(mendable) +
                             " can be repaired: acmeproxy spool check --repair)"
                       : ""));
    return left > 0 ? 1 : 0;
}

}

std::vector<Verb> spool_verbs()
{
    return {{.name = "spool init",
             .summary = "make the spool, or what is missing of its folders",
             .description = "Makes the spool with its folders and their modes. Started as root, "
                            "it is given to the user " +
                            spool_user() +
                            ", and refused where there is none; a folder that is there before "
                            "keeps its owner.",
             .examples = {{"A spool elsewhere", "acmeproxy --spool /srv/acme spool init"}},
             .man_page = "acmeproxy(1)",
             .run = init},
            {.name = "spool check",
             .summary = "find what is wrong in the spool",
             .description = "Compares the spool with what acmeproxy-spool(5) says of it, and says "
                            "what to do about each difference. Exits with 1 when something is "
                            "left to do.",
             .actions = {{.name = "repair",
                          .kind = OptionKind::flag,
                          .help = "Repair what can be repaired without losing anything."}},
             .examples = {{"After a crash or a restore", "acmeproxy spool check --repair"}},
             .man_page = "acmeproxy(1)",
             .run = check}};
}

}
