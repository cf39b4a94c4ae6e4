// SPDX-License-Identifier: MIT
#include "cli/seal_options.h"

#include "cli/byte_streams.h"
#include "cli/usage_error.h"

#include <iterator>

namespace acmeproxy {

namespace {

template <class Key>
std::vector<Key> read_keys(const std::vector<std::string> &files,
                           std::vector<Key> (*parse)(std::string_view))
{
    std::vector<Key> keys;
    for (const std::string &file : files) {
        const Secret text = InputFile(file).read_all();
        try {
            std::vector<Key> some = parse(text.view());
            keys.insert(keys.end(), std::make_move_iterator(some.begin()),
                        std::make_move_iterator(some.end()));
        } catch (...) {
            rethrow_while("read " + (file == "-" ? "standard input" : file));
        }
    }
    return keys;
}

}

Option output_action()
{
    return {.name = "output",
            .value_name = "FILE",
            .help = "Write to FILE instead of standard output. It appears when all is done, and "
                    "not at all where something is wrong.",
            .letter = 'o'};
}

Option recipient_action()
{
    return {.name = "recipient",
            .kind = OptionKind::list,
            .value_name = "RECIPIENT",
            .help = "Seal for this age recipient (age1...); any one of several can open it.",
            .letter = 'r'};
}

AgeRecipient parse_recipient(const std::string &option, const std::string &text)
try {
    return AgeRecipient::parse(text);
} catch (const Error &e) {
    throw UsageError("--" + option + ": " + describe(e));
}

std::vector<AgeIdentity> read_identities(const std::vector<std::string> &files)
{
    return read_keys(files, parse_age_identities);
}

std::vector<AgeRecipient> read_recipients(const std::vector<std::string> &files)
{
    return read_keys(files, parse_age_recipients);
}

}
