// SPDX-License-Identifier: MIT
// Files sealed to X25519 public keys in the age v1 format (https://age-encryption.org/v1), which
// the `age` tool reads and writes. A recipient is a public key ("age1..."), an identity its secret
// key
// ("AGE-SECRET-KEY-1..."). A file is sealed for several recipients at once, and any one identity
// opens it. It does not say who sealed it: whoever knows a recipient can.
//
// Sealing and opening stream in constant memory. Plaintext is given out by chunks of 64 KiB, each
// only after it was verified; that the file is whole is known at the end alone. Secrets are kept in
// memory that is locked and wiped.
//
// Threads: all may be called at once.
#pragma once

#include "base/error.h"
#include "crypto/secret.h"

#include <array>
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

class AgeRecipient {
public:
    using Bytes = std::array<unsigned char, 32>;

    /// "age1...". Throws Error with the reason; it quotes the text, unless that is a secret key.
    static AgeRecipient parse(std::string_view text);
    explicit AgeRecipient(const Bytes &bytes) : bytes_(bytes) {}

    std::string text() const;
    const Bytes &bytes() const { return bytes_; }
    auto operator<=>(const AgeRecipient &) const = default;

private:
    Bytes bytes_;
};

/// As the `age` tool writes them.
std::vector<std::string> texts_of(const std::vector<AgeRecipient> &recipients);

class AgeIdentity {
public:
    static AgeIdentity generate();
    /// "AGE-SECRET-KEY-1...". Throws Error with the reason, never with a part of the text.
    static AgeIdentity parse(std::string_view text);

    Secret text() const;
    AgeRecipient recipient() const;
    /// The scalar, 32 bytes.
    const Secret &secret() const { return secret_; }

private:
    explicit AgeIdentity(Secret secret) : secret_(std::move(secret)) {}
    Secret secret_;
};

/// A file as `age -i` and `age -R` read it: one key a line; empty lines and lines that begin with
/// "#" are left out. Throws Error that names the line, and where there is no key at all.
std::vector<AgeIdentity> parse_age_identities(std::string_view text);
std::vector<AgeRecipient> parse_age_recipients(std::string_view text);

/// The file is not one that these identities open: the text says why. Failures of a source or a
/// sink pass as they are.
class AgeError : public Error {
public:
    using Error::Error;
};

enum class AgeForm {
    binary,
    armored, ///< ASCII, for mail and terminals
};

/// Writes up to `size` bytes to `buffer`; returns how many, 0 at the end.
using AgeSource = std::function<std::size_t(char *buffer, std::size_t size)>;
using AgeSink = std::function<void(std::string_view bytes)>;

/// At least one recipient.
void age_seal(const std::vector<AgeRecipient> &recipients, AgeForm form, const AgeSource &source,
              const AgeSink &sink);
/// Either form. Throws AgeError; what the sink was given before is then a true beginning of what
/// was sealed, and no more.
void age_open(const std::vector<AgeIdentity> &identities, const AgeSource &source,
              const AgeSink &sink);

/// The same for small texts in memory.
std::string age_seal(const std::vector<AgeRecipient> &recipients, std::string_view text,
                     AgeForm form = AgeForm::binary);
/// Throws AgeError over 1 MiB, too.
Secret age_open(const std::vector<AgeIdentity> &identities, std::string_view file);

/// Whether this is the beginning of an age file, as far as that can be seen without an identity: a
/// sound header in binary form, and a payload that is long enough to hold something. Throws
/// AgeError with the reason where not.
void check_age_file(std::string_view file);

}
