// SPDX-License-Identifier: MIT
// An age file that is begun with a secret and finished later, by someone who does not know the
// secret, with public text: a bundle of a private key and the certificate chain that comes for it.
//
// What is kept in between holds the header, the secret's ciphertext, the key stream for what stands
// behind the secret, and the one-time key of the chunk's tag. It tells nothing of the secret: the
// key stream before it is gone, and so is the file key. Whoever has it can finish the file with any
// text, or with a damaged secret; so could anyone replace a sealed file who may write it, since age
// files do not say who sealed them.
//
// All of it is one chunk: secret and text together have 65,536 bytes at most.
#pragma once

#include "crypto/age.h"

namespace acmeproxy {

std::string begin_bundle(const std::vector<AgeRecipient> &recipients, std::string_view secret);
/// Always the same for the same text. Throws Error where `begun` is damaged or the text too long.
std::string finish_bundle(std::string_view begun, std::string_view text);
/// Throws Error where finish_bundle() would.
void check_begun_bundle(std::string_view begun);

}
