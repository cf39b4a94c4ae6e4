// SPDX-License-Identifier: MIT
#include "crypto/age_bundle.h"

#include "base/random.h"
#include "crypto/age_header.h"
#include "crypto/age_payload.h"
#include "crypto/bytes.h"
#include "crypto/digest.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::string_view magic = "acmeproxy begun bundle 1\n";
constexpr std::size_t tag_key_size = crypto_onetimeauth_poly1305_KEYBYTES;
constexpr std::size_t digest_size = 32;
constexpr std::size_t block_size = 64;

/// magic || size of `head` (4) || tag key (32) || head || key stream || SHA-256 of all before.
/// `head` is the file up to the secret's last byte. How much of it is ciphertext follows from the
/// key stream, which goes to the chunk's end.
struct Begun {
    std::string_view head;
    std::string_view tag_key;
    std::string_view stream;
    std::string_view ciphertext() const
    {
        return head.substr(head.size() - (age_chunk_size - stream.size()));
    }
};

[[noreturn]] void refuse_bundle()
{
    throw Error("the begun bundle is damaged");
}

Begun parse(std::string_view text)
{
    constexpr std::size_t fixed = magic.size() + 4 + tag_key_size;
    if (text.size() < fixed + digest_size || !text.starts_with(magic))
        refuse_bundle();
    const std::string_view content = text.substr(0, text.size() - digest_size);
    if (sha256(content) != text.substr(content.size()))
        refuse_bundle();
    std::size_t head_size = 0;
    for (const char c : text.substr(magic.size(), 4))
        head_size = head_size << 8 | static_cast<unsigned char>(c);
    if (head_size > content.size() - fixed)
        refuse_bundle();
    const Begun begun{content.substr(fixed, head_size),
                      content.substr(magic.size() + 4, tag_key_size),
                      content.substr(fixed + head_size)};
    if (begun.stream.size() > age_chunk_size ||
        age_chunk_size - begun.stream.size() > begun.head.size())
        refuse_bundle();
    return begun;
}

/// `size` bytes of the key stream of the first and last chunk, from a block of 64 bytes on. Block 0
/// has the key of the tag (RFC 8439, section 2.6); the text begins with block 1.
void fill_stream(char *out, std::size_t size, const Secret &key, std::uint32_t block)
{
    if (size == 0)
        return; // libsodium wants pointers even then
    const AgeChunkNonce nonce = age_chunk_nonce(0, true);
    std::fill_n(out, size, '\0');
    ::crypto_stream_chacha20_ietf_xor_ic(bytes_at(out), as_bytes(std::string_view(out, size)), size,
                                         nonce.data(), block, as_bytes(key.view()));
}

void append_xored(std::string &to, std::string_view text, std::string_view stream)
{
    for (std::size_t i = 0; i < text.size(); ++i)
        to.push_back(static_cast<char>(text[i] ^ stream[i]));
}

/// Poly1305 as ChaCha20-Poly1305 uses it, without additional data (RFC 8439, section 2.8).
std::string tag_of(std::string_view tag_key, std::string_view ciphertext)
{
    std::string text(ciphertext);
    text.resize((text.size() + 15) / 16 * 16);
    text.append(8, '\0');
    for (int i = 0; i < 8; ++i)
        text.push_back(static_cast<char>(std::uint64_t(ciphertext.size()) >> (8 * i)));
    std::string tag(age_tag_size, '\0');
    ::crypto_onetimeauth_poly1305(bytes_at(tag.data()), as_bytes(text), text.size(),
                                  as_bytes(tag_key));
    return tag;
}

}

std::string begin_bundle(const std::vector<AgeRecipient> &recipients, std::string_view secret)
{
    if (secret.size() > age_chunk_size)
        throw Error("begin a bundle: the secret is larger than 64 KiB");
    Secret file_key = Secret::of_size(age_file_key_size);
    ::randombytes_buf(file_key.data(), file_key.size());
    const std::string nonce = random_bytes(age_payload_nonce_size);
    const Secret key = age_payload_key(file_key, nonce);
    Secret tag_key = Secret::of_size(tag_key_size);
    fill_stream(tag_key.data(), tag_key.size(), key, 0);
    // The blocks that the secret reaches into are secret; what is behind it in the last of them and
    // all others are kept.
    const std::size_t blocks = (secret.size() + block_size - 1) / block_size;
    Secret stream = Secret::of_size(blocks * block_size);
    fill_stream(stream.data(), stream.size(), key, 1);
    std::string head = write_age_header(recipients, file_key) + nonce;
    append_xored(head, secret, stream.view());

    std::string begun(magic);
    for (int shift = 24; shift >= 0; shift -= 8)
        begun.push_back(static_cast<char>(head.size() >> shift));
    begun.append(tag_key.view()).append(head);
    begun.append(stream.view().substr(secret.size()));
    const std::size_t at = begun.size();
    begun.resize(at + age_chunk_size - stream.size());
    fill_stream(begun.data() + at, begun.size() - at, key, static_cast<std::uint32_t>(blocks) + 1);
    return begun + sha256(begun);
}

std::string finish_bundle(std::string_view begun, std::string_view text)
{
    const Begun parts = parse(begun);
    if (text.size() > parts.stream.size())
        throw Error(fmt::format("finish a bundle: {} bytes of text do not fit behind the key (at "
                                "most {})",
                                text.size(), parts.stream.size()));
    std::string ciphertext(parts.ciphertext());
    append_xored(ciphertext, text, parts.stream);
    const std::string tag = tag_of(parts.tag_key, ciphertext);
    const std::string_view before =
        parts.head.substr(0, parts.head.size() - parts.ciphertext().size());
    return std::string(before) + ciphertext + tag;
}

void check_begun_bundle(std::string_view begun)
{
    parse(begun);
}

}
