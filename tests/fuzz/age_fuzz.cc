// SPDX-License-Identifier: MIT
// An age file is opened with an identity that the corpus was sealed for. Whatever comes out must be
// sealed and opened again as it was; whatever is refused must be refused as an AgeError.
#include "crypto/age.h"
#include "crypto/age_bundle.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

constexpr std::string_view identity_text =
    "AGE-SECRET-KEY-17SX7L33DP8PUXK4PUCX5XHSKMU833X3ADCM9RC26KF673E9F865QF27S4Y";

std::vector<AgeIdentity> identities()
{
    return parse_age_identities(identity_text);
}

void check_opened(const Secret &text)
{
    static const std::vector<AgeRecipient> recipients = {identities().front().recipient()};
    for (const AgeForm form : {AgeForm::binary, AgeForm::armored}) {
        const std::string sealed = age_seal(recipients, text.view(), form);
        if (sealed.size() <= 1 << 20 && !(age_open(identities(), sealed) == text))
            std::abort();
    }
}

void check_file(std::string_view file)
{
    try {
        check_opened(age_open(identities(), file));
    } catch (const AgeError &) {
        return;
    }
}

template <class Act> void refuse_or(Act act)
{
    try {
        act();
    } catch (const Error &) {
        return;
    }
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    check_file(text);
    refuse_or([&] { check_age_file(text); });
    refuse_or([&] { parse_age_identities(text); });
    refuse_or([&] { finish_bundle(text, "text"); });
    refuse_or([&] {
        for (const AgeRecipient &recipient : parse_age_recipients(text)) {
            if (AgeRecipient::parse(recipient.text()) != recipient)
                std::abort();
        }
    });
    return 0;
}
