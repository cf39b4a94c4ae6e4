// SPDX-License-Identifier: MIT
// acmeproxy open: what is in an age file. Exit status 1, and why, for any file that is not exactly
// right; what was written before that is verified, and not all.
#include "cli/byte_streams.h"
#include "cli/seal_options.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "crypto/guarded_memory.h"

namespace acmeproxy {

namespace {

int open_file(const Invocation &invocation, std::ostream &)
{
    forbid_core_files();
    if (invocation.list("identity").empty())
        throw UsageError("\"open\" needs -i FILE", "see \"acmeproxy help open\"");
    const std::vector<AgeIdentity> identities = read_identities(invocation.list("identity"));
    const std::string name = invocation.arguments.empty() ? "" : invocation.arguments[0];
    InputFile input(name);
    OutputFile output(invocation.text("output"), 0600, OutputFile::Existing::replace);
    try {
        age_open(
            identities, [&](char *buffer, std::size_t size) { return input.read(buffer, size); },
            [&](std::string_view bytes) { output.write(bytes); });
    } catch (...) {
        rethrow_while("open " + (name.empty() ? "standard input" : name));
    }
    output.commit();
    return 0;
}

}

Verb open_verb()
{
    return {.name = "open",
            .synopsis = "[FILE]",
            .most = 1,
            .summary = "open a file that was sealed for one's age identity",
            .description =
                "Reads an age file, binary or armored, from FILE or standard input and writes what "
                "was sealed. To standard output each chunk of 64 KiB goes as soon as it is "
                "verified: where the exit status is not 0, what came is not all.",
            .actions = {{.name = "identity",
                         .kind = OptionKind::list,
                         .value_name = "FILE",
                         .help = "A file of age identities, as \"acmeproxy keygen\" and age-keygen "
                                 "write it; \"-\" for standard input.",
                         .letter = 'i'},
                        output_action()},
            .examples = {{"The key and chain that an agent has sealed",
                          "acmeproxy open -i key.txt -o bundle.pem bundle.pem.age"}},
            .man_page = "acmeproxy-seal(1)",
            .is_configured = false,
            .run = open_file};
}

}
