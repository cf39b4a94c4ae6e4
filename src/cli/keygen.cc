// SPDX-License-Identifier: MIT
// acmeproxy keygen: an age identity, or the recipient of one; as age-keygen does it.
#include "base/log.h"
#include "base/time_text.h"
#include "cli/byte_streams.h"
#include "cli/seal_options.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "crypto/guarded_memory.h"

namespace acmeproxy {

namespace {

void write_identity(OutputFile &output)
{
    const AgeIdentity identity = AgeIdentity::generate();
    const std::string recipient = identity.recipient().text();
    output.write("# created: " + format_rfc3339(system_clock().now()) +
                 "\n# public key: " + recipient + "\n");
    output.write(identity.text().view());
    output.write("\n");
    output.commit();
    if (!output.is_terminal())
        log_info("public key: " + recipient);
}

void write_recipients(const std::string &input, OutputFile &output)
{
    for (const AgeIdentity &identity : read_identities({input}))
        output.write(identity.recipient().text() + "\n");
    output.commit();
}

int keygen(const Invocation &invocation, std::ostream &)
{
    forbid_core_files();
    const bool converts = invocation.flag("recipient-of");
    if (!converts && !invocation.arguments.empty())
        throw UsageError("\"keygen\" takes a FILE with -y only", "see \"acmeproxy help keygen\"");
    OutputFile output(invocation.text("output"), converts ? 0644 : 0600,
                      converts ? OutputFile::Existing::replace : OutputFile::Existing::refuse);
    if (converts)
        write_recipients(invocation.arguments.empty() ? "-" : invocation.arguments[0], output);
    else
        write_identity(output);
    return 0;
}

}

Verb keygen_verb()
{
    return {.name = "keygen",
            .synopsis = "[FILE]",
            .most = 1,
            .summary = "make an age identity, the key that opens what is sealed",
            .description =
                "Makes a new age identity (X25519) and writes it in the form of age-keygen, which "
                "can be used instead. With -y it reads an identity from FILE or standard input and "
                "writes its recipient: the public key that others seal for.",
            .actions = {output_action(),
                        {.name = "recipient-of",
                         .kind = OptionKind::flag,
                         .help = "Write the recipient of an identity that is there.",
                         .letter = 'y'}},
            .examples = {{"A new identity", "acmeproxy keygen -o key.txt"},
                         {"Its recipient", "acmeproxy keygen -y key.txt"}},
            .man_page = "acmeproxy-seal(1)",
            .is_configured = false,
            .run = keygen};
}

}
