// SPDX-License-Identifier: MIT
// The X25519 stanza of age: the file key, wrapped for one recipient.
#pragma once

#include "crypto/age_header.h"

#include <optional>

namespace acmeproxy {

constexpr std::string_view x25519_type = "X25519";

AgeStanza wrap_x25519(const AgeRecipient &recipient, const Secret &file_key);
/// Throws AgeError where a stanza of this type is not as it must be, whomever it is for.
void check_x25519(const AgeStanza &stanza);
/// nullopt: it is for another. Throws AgeError for a share of low order.
std::optional<Secret> unwrap_x25519(const AgeIdentity &identity, const AgeStanza &stanza);

}
