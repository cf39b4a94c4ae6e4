// SPDX-License-Identifier: MIT
// The armored form of age files: strict PEM (RFC 7468) with one label. Lines may end in CR LF, and
// up to 1 KiB of white space may stand around it; nothing else is lax.
#pragma once

#include "crypto/age_input.h"

namespace acmeproxy {

/// Whether an armored file begins here. Skips the white space before it.
bool begins_armored(AgeInput &input);

class ArmorReader {
public:
    explicit ArmorReader(AgeInput &input) : input_(input) {}

    /// As an AgeSource. Throws AgeError; gives its end only when all was read and is sound.
    std::size_t read(char *out, std::size_t size);

private:
    std::string next_line();
    void read_begin();
    void read_line();
    void read_end();

    AgeInput &input_;
    enum class Place { before, lines, last_line, end } place_ = Place::before;
    std::string bytes_;
    std::size_t given_ = 0;
};

class ArmorWriter {
public:
    explicit ArmorWriter(const AgeSink &sink) : sink_(sink) {}

    void write(std::string_view bytes);
    /// The last line and the end.
    void finish();

private:
    const AgeSink &sink_;
    bool begun_ = false;
    std::string rest_; ///< less than a line of bytes
};

}
