// SPDX-License-Identifier: MIT
#include "cli/build_paths.h"
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

int print_version(const Invocation &, std::ostream &out)
{
    out << "acmeproxy " << program_version() << "\n";
    return 0;
}

}

Verb version_verb()
{
    return {.name = "version",
            .summary = "print the version",
            .description = "Prints the version, as --version does.",
            .examples = {{"Print the version", "acmeproxy version"}},
            .man_page = "acmeproxy(1)",
            .is_configured = false,
            .run = print_version};
}

}
