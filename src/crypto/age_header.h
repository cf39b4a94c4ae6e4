// SPDX-License-Identifier: MIT
// The header of an age file: stanzas that wrap the file key for each recipient, and a MAC over all.
// (https://age-encryption.org/v1)
#pragma once

#include "crypto/age_input.h"

#include <string>
#include <vector>

namespace acmeproxy {

constexpr std::size_t age_file_key_size = 16;

struct AgeStanza {
    std::vector<std::string> arguments; ///< the first is the type
    std::string body;                   ///< decoded
};

struct AgeHeader {
    std::vector<AgeStanza> stanzas;
    std::string authenticated; ///< what the MAC covers
    std::string mac;
};

/// All of the header, with the line feed at its end.
std::string write_age_header(const std::vector<AgeRecipient> &recipients, const Secret &file_key);
/// Leaves the input at the first byte of the payload. Throws AgeError.
AgeHeader read_age_header(AgeInput &input);
/// Throws AgeError where a stanza that we know is not as it must be, even if another one could be
/// opened, where none is for these identities, and where the MAC is wrong.
Secret unwrap_file_key(const AgeHeader &header, const std::vector<AgeIdentity> &identities);

}
