// SPDX-License-Identifier: MIT
// acmeproxy seal: an age file for recipients, from standard input or a file.
#include "cli/byte_streams.h"
#include "cli/seal_options.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "crypto/guarded_memory.h"

namespace acmeproxy {

namespace {

std::vector<AgeRecipient> recipients_of(const Invocation &invocation)
{
    std::vector<AgeRecipient> recipients;
    for (const std::string &text : invocation.list("recipient"))
        recipients.push_back(parse_recipient("recipient", text));
    for (AgeRecipient &recipient : read_recipients(invocation.list("recipients-file")))
        recipients.push_back(recipient);
    if (recipients.empty())
        throw UsageError("\"seal\" needs -r RECIPIENT or -R FILE", "see \"acmeproxy help seal\"");
    return recipients;
}

int seal(const Invocation &invocation, std::ostream &)
{
    forbid_core_files();
    const std::vector<AgeRecipient> recipients = recipients_of(invocation);
    const AgeForm form = invocation.flag("armor") ? AgeForm::armored : AgeForm::binary;
    InputFile input(invocation.arguments.empty() ? "" : invocation.arguments[0]);
    OutputFile output(invocation.text("output"), 0644, OutputFile::Existing::replace);
    if (form == AgeForm::binary && output.is_terminal())
        throw UsageError("binary data is not written to a terminal", "use -a, or -o FILE");
    age_seal(
        recipients, form, [&](char *buffer, std::size_t size) { return input.read(buffer, size); },
        [&](std::string_view bytes) { output.write(bytes); });
    output.commit();
    return 0;
}

}

Verb seal_verb()
{
    return {
        .name = "seal",
        .synopsis = "[FILE]",
        .most = 1,
        .summary = "seal a file for age recipients",
        .description = "Reads FILE or standard input and writes it as an age v1 file that only "
                       "the recipients' identities open, with \"acmeproxy open\" or age -d.",
        .actions = {recipient_action(),
                    {.name = "recipients-file",
                     .kind = OptionKind::list,
                     .value_name = "FILE",
                     .help = "A file of recipients, one a line; lines that begin with \"#\" "
                             "are left out.",
                     .letter = 'R'},
                    {.name = "armor",
                     .kind = OptionKind::flag,
                     .help = "Write ASCII (PEM) instead of binary data.",
                     .letter = 'a'},
                    output_action()},
        .examples = {{"For one recipient", "acmeproxy seal -r age1... -o secret.age secret.txt"}},
        .man_page = "acmeproxy-seal(1)",
        .is_configured = false,
        .run = seal};
}

}
