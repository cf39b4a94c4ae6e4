// SPDX-License-Identifier: MIT
// The payload of an age file: a nonce, and chunks of 64 KiB.
#pragma once

#include "crypto/age_input.h"

namespace acmeproxy {

constexpr std::size_t age_payload_nonce_size = 16;

Secret age_payload_key(const Secret &file_key, std::string_view nonce);

void write_age_payload(const Secret &file_key, const AgeSource &source, const AgeSink &sink);
/// Of a text in memory that is one chunk.
std::string seal_one_chunk(const Secret &file_key, std::string_view text);
/// Gives each chunk out when it has been verified. Throws AgeError.
void read_age_payload(const Secret &file_key, AgeInput &input, const AgeSink &sink);

}
