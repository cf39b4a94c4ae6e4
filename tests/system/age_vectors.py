# SPDX-License-Identifier: MIT
"""Age files that are sound or wrong in one way each, for age_vectors.bats.

    age_vectors.py FOLDER

writes FOLDER/identity, and for each vector NAME.age, NAME.plain (all that may come out of it, by
whole chunks) and NAME.expect: a word for how it ends, and whether the age tool agrees, is too lax
or too strict. This is a third implementation of the format, of https://age-encryption.org/v1
alone: it shares no code with the program. The kinds of vectors are those of the collection C2SP
CCTV; the vectors are our own.
Not constant in time: for tests only.
"""
import base64
import hashlib
import hmac
import pathlib
import sys

from age_primitives import P, bech32, hkdf, public, seal, x25519

SECRET = hashlib.sha256(b"the identity that opens").digest()
OTHER = hashlib.sha256(b"another identity").digest()
FILE_KEY = b"a key of 16 byte"
NONCE = b"sixteen octets.."
FULL = bytes(range(256)) * 256  # one chunk
LOW_ORDER = [
    bytes(32),
    b"\1" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (P - 1).to_bytes(32, "little"),
    P.to_bytes(32, "little"),
    (P + 1).to_bytes(32, "little"),
]


# --- the parts of a file ----------------------------------------------------------------------


def b64(data):
    return base64.b64encode(data).rstrip(b"=")


def wrapped(text, columns=64):
    """In lines of 64 columns; the last one is shorter, and may be empty."""
    lines = [text[at:at + columns] for at in range(0, len(text), columns)]
    if not lines or len(lines[-1]) == columns:
        lines.append(b"")
    return b"".join(line + b"\n" for line in lines)


def stanza(arguments, body=b""):
    return b"-> " + arguments + b"\n" + wrapped(b64(body))


def share_and_body(share, shared, recipient, file_key):
    key = hkdf(shared, share + recipient, b"age-encryption.org/v1/X25519")
    return share, seal(key, bytes(12), file_key)


def x25519_parts(secret=SECRET, ephemeral=b"e", file_key=FILE_KEY):
    scalar = hashlib.sha256(ephemeral).digest()
    recipient = public(secret)
    return share_and_body(public(scalar), x25519(scalar, recipient), recipient, file_key)


def with_share(share):
    """A stanza that is right for whatever point it bears."""
    return share_and_body(share, x25519(SECRET, share), public(SECRET), FILE_KEY)


def x25519_stanza(parts, kind=b"X25519"):
    return stanza(kind + b" " + b64(parts[0]), parts[1])


OURS = x25519_stanza(x25519_parts())
SHARE = b64(x25519_parts()[0])
BODY = b64(x25519_parts()[1])


def mac(head, file_key=FILE_KEY):
    return b64(hmac.digest(hkdf(file_key, b"", b"header"), head, "sha256"))


def header(stanzas=OURS, version=b"age-encryption.org/v1", file_key=FILE_KEY):
    head = version + b"\n" + stanzas + b"---"
    return head + b" " + mac(head, file_key) + b"\n"


def chunk(number, is_last, text):
    nonce = number.to_bytes(11, "big") + (b"\1" if is_last else b"\0")
    return seal(hkdf(FILE_KEY, NONCE, b"payload"), nonce, text)


SHORT = NONCE + chunk(0, True, b"age")


def file_of(stanzas):
    return header(stanzas) + SHORT


def not_canonical(text):
    """The bits behind the last byte must be zero."""
    return text[:-1] + bytes([text[-1] + 1])


# --- the vectors ------------------------------------------------------------------------------

vectors = {}


def vector(name, expect, file, plain=b"", age="agrees"):
    assert name not in vectors, name
    vectors[name] = (expect, age, file, plain)


def header_vectors():
    def sound(name, stanzas):
        vector(name, "success", file_of(stanzas), b"age")

    def bad(name, stanzas, expect="header", age="agrees"):
        vector(name, expect, file_of(stanzas), age=age)

    visible = bytes(range(33, 127))
    theirs = x25519_stanza(x25519_parts(OTHER, b"f"))
    sound("x25519", OURS)
    sound("x25519_several_recipients", theirs + OURS + x25519_stanza(x25519_parts(OTHER, b"g")))
    sound("x25519_twice_for_one", OURS + x25519_stanza(x25519_parts(SECRET, b"h")))
    sound("x25519_hundreds", theirs * 300 + OURS)
    sound("x25519_top_bit_of_share", x25519_stanza(with_share(
        public(b"t" * 32)[:31] + bytes([public(b"t" * 32)[31] | 0x80]))))
    sound("x25519_share_not_reduced", x25519_stanza(with_share((P + 9).to_bytes(32, "little"))))
    bad("x25519_no_match", theirs, "no-match")
    bad("x25519_lowercase", x25519_stanza(x25519_parts(), b"x25519"), "no-match")
    bad("x25519_wrong_tag", x25519_stanza((x25519_parts()[0], x25519_parts()[1][:-1] + b"\0")), "no-match")
    bad("x25519_extra_argument", OURS.replace(b"X25519 ", b"X25519 1234 "))
    bad("x25519_argument_at_end", OURS.replace(SHARE, SHARE + b" 1234"))
    bad("x25519_no_argument", OURS.replace(b" " + SHARE, b""))
    bad("x25519_long_share", OURS.replace(SHARE, b64(x25519_parts()[0] + b"\0")))
    bad("x25519_short_share", OURS.replace(SHARE, b64(x25519_parts()[0][:31])))
    bad("x25519_share_not_canonical", OURS.replace(SHARE, not_canonical(SHARE)))
    bad("x25519_share_padded", OURS.replace(SHARE, SHARE + b"="))
    bad("x25519_body_not_canonical", OURS.replace(BODY, not_canonical(BODY)))
    bad("x25519_empty_body", stanza(b"X25519 " + SHARE))
    bad("x25519_short_body", stanza(b"X25519 " + SHARE, x25519_parts()[1][:31]))
    bad("x25519_long_body", stanza(b"X25519 " + SHARE, x25519_parts()[1] + b"\0"))
    long_key = FILE_KEY + b"9 bytes.."
    bad("x25519_long_file_key", x25519_stanza(x25519_parts(file_key=long_key)))
    for i, point in enumerate(LOW_ORDER):
        low = x25519_stanza(with_share(point))
        bad(f"x25519_low_order_{i}", low)
        bad(f"x25519_low_order_{i}_before", low + OURS)
        bad(f"x25519_low_order_{i}_behind", OURS + low, age="is-lax")
    # Whatever stanza is wrong: not only those before the one that opens.
    bad("x25519_wrong_one_behind", OURS + stanza(b"X25519 " + SHARE), age="is-lax")
    bad("scrypt", stanza(b"scrypt " + b64(NONCE) + b" 10", x25519_parts()[1]), "no-match")
    bad("scrypt_and_x25519", OURS + stanza(b"scrypt " + b64(NONCE) + b" 10", x25519_parts()[1]), age="is-lax")
    bad("scrypt_before_x25519", stanza(b"scrypt " + b64(NONCE) + b" 10", x25519_parts()[1]) + OURS, age="is-lax")

    sound("grease_before", stanza(b"}6-grease 1 ~! x", b"some bytes") + OURS)
    sound("grease_behind", OURS + stanza(b"!-grease", b"y" * 200))
    sound("grease_x25519_prefix", stanza(b"X25519-grease") + stanza(b"X2551") + OURS)
    sound("stanza_valid_characters", stanza(b"stanza " + visible + b" " + visible[::-1]) + OURS)
    sound("stanza_no_arguments", stanza(b"stanza") + OURS)
    sound("stanza_empty_body", stanza(b"empty 1 2") + OURS)
    sound("stanza_full_line", stanza(b"stanza", b"x" * 48) + OURS)
    sound("stanza_two_full_lines", stanza(b"stanza", b"x" * 96) + OURS)
    sound("stanza_63_columns", b"-> stanza\n" + b64(b"x" * 47) + b"\n" + OURS)
    bad("stanza_missing_body", b"-> stanza\n" + OURS)
    bad("stanza_missing_final_line", b"-> stanza\n" + b64(b"x" * 48) + b"\n" + OURS)
    bad("stanza_missing_final_line_at_end", OURS + b"-> stanza\n" + b64(b"x" * 48) + b"\n")
    bad("stanza_long_line", b"-> stanza\n" + b64(b"x" * 51) + b"\n" + OURS)
    bad("stanza_two_short_lines", b"-> stanza\nAAAA\nAAAA\n" + OURS)
    bad("stanza_two_empty_lines", stanza(b"stanza", b"x" * 48) + b"\n" + OURS)
    bad("stanza_not_canonical", b"-> stanza\n" + not_canonical(b64(b"x" * 8)) + b"\n" + OURS)
    bad("stanza_impossible_length", b"-> stanza\nAAAAA\n" + OURS)
    bad("stanza_padding", b"-> stanza\n" + b64(b"x" * 8) + b"=\n" + OURS)
    bad("stanza_url_alphabet", b"-> stanza\n_-AA\n" + OURS)
    bad("stanza_space_in_body", b"-> stanza\nAA AA\n" + OURS)
    bad("stanza_space_behind_body", b"-> stanza\nAAAA \n" + OURS)
    bad("stanza_bad_start", b"-- stanza\n\n" + OURS)
    bad("stanza_no_space", b"->stanza\n\n" + OURS)
    bad("stanza_tab", b"->\tstanza\n\n" + OURS)
    bad("stanza_indented", b" -> stanza\n\n" + OURS)
    bad("stanza_no_type", b"->\n\n" + OURS)
    bad("stanza_empty_type", b"-> \n\n" + OURS)
    bad("stanza_two_spaces", b"-> stanza  argument\n\n" + OURS)
    bad("stanza_space_at_end", b"-> stanza argument \n\n" + OURS)
    for what, byte in (("nul", 0), ("tab", 9), ("escape", 27), ("delete", 127), ("latin1", 0xE9)):
        bad("stanza_character_" + what, b"-> stan" + bytes([byte]) + b"za\n\n" + OURS)
    bad("stanza_utf8", "-> é\n\n".encode() + OURS)
    bad("stanza_cr_in_arguments", b"-> stanza\r\n\n" + OURS)
    bad("stanza_cr_in_body", b"-> stanza\nAAAA\r\n" + OURS)
    bad("stanza_blank_line_between", b"\n" + OURS)
    bad("no_stanza", b"")


def end_of_header_vectors():
    head = b"age-encryption.org/v1\n" + OURS + b"---"
    right = mac(head)

    def bad(name, line, expect="header"):
        vector(name, expect, b"age-encryption.org/v1\n" + OURS + line + SHORT)

    wrong = (b"A" if right[:1] != b"A" else b"B") + right[1:]
    bad("hmac_wrong", b"--- " + wrong + b"\n", "mac")
    bad("hmac_of_another_key", b"--- " + mac(head, b"k" * 16) + b"\n", "mac")
    bad("hmac_over_the_space", b"--- " + mac(head + b" ") + b"\n", "mac")
    bad("hmac_missing", b"---\n")
    bad("hmac_missing_with_space", b"--- \n")
    bad("hmac_no_space", b"---" + right + b"\n")
    bad("hmac_extra_space", b"---  " + right + b"\n")
    bad("hmac_trailing_space", b"--- " + right + b" \n")
    bad("hmac_trailing_cr", b"--- " + right + b"\r\n")
    bad("hmac_trailing_word", b"--- " + right + b" x\n")
    bad("hmac_extra_bytes", b"--- " + right + b"AA\n")
    bad("hmac_truncated", b"--- " + right[:40] + b"\n")
    bad("hmac_not_canonical", b"--- " + not_canonical(right) + b"\n")
    bad("hmac_padded", b"--- " + right + b"=\n")
    bad("hmac_four_dashes", b"---- " + right + b"\n")
    bad("hmac_two_dashes", b"-- " + right + b"\n")
    bad("hmac_end_of_file", b"--- " + right)
    for name, version in (("unsupported", b"age-encryption.org/v1234"), ("two", b"age-encryption.org/v2"),
                          ("space", b"age-encryption.org/v1 "), ("uppercase", b"Age-encryption.org/v1"),
                          ("empty", b""), ("leading_space", b" age-encryption.org/v1")):
        vector("version_" + name, "header", header(version=version) + SHORT)
    vector("header_crlf", "header", header().replace(b"\n", b"\r\n") + SHORT)
    vector("header_leading_newline", "header", b"\n" + header() + SHORT)
    vector("header_only_version", "header", b"age-encryption.org/v1\n")
    vector("header_version_without_newline", "header", b"age-encryption.org/v1")
    vector("empty", "header", b"")


def payload_vectors():
    first, middle = chunk(0, False, FULL), chunk(1, False, FULL)

    def payload(name, expect, text, plain=b""):
        vector(name, expect, header() + text, plain)

    payload("stream_empty", "success", NONCE + chunk(0, True, b""))
    payload("stream_one_full_chunk", "success", NONCE + chunk(0, True, FULL), FULL)
    payload("stream_two_chunks", "success", NONCE + first + chunk(1, True, b"age"), FULL + b"age")
    payload("stream_two_full_chunks", "success", NONCE + first + chunk(1, True, FULL), FULL * 2)
    payload("stream_three_chunks", "success", NONCE + first + middle + chunk(2, True, b"age"), FULL * 2 + b"age")
    payload("stream_no_nonce", "payload", b"")
    payload("stream_short_nonce", "payload", NONCE[:15])
    payload("stream_no_chunks", "payload", NONCE)
    payload("stream_short_tag", "payload", NONCE + chunk(0, True, b"")[:15])
    payload("stream_wrong_tag", "payload", NONCE + chunk(0, True, b"age")[:-1] + b"\0")
    payload("stream_last_byte_lacks", "payload", NONCE + chunk(0, True, b"age")[:-1])
    payload("stream_not_final", "payload", NONCE + chunk(0, False, b"age"))
    payload("stream_not_final_full", "payload", NONCE + first, FULL)
    payload("stream_not_final_two", "payload", NONCE + first + chunk(1, False, b"age"), FULL)
    payload("stream_not_final_two_full", "payload", NONCE + first + middle, FULL * 2)
    payload("stream_empty_last_chunk", "payload", NONCE + first + chunk(1, True, b""), FULL)
    payload("stream_short_middle_chunk", "payload", NONCE + chunk(0, False, b"age") + chunk(1, True, b"age"))
    payload("stream_two_final_chunks", "payload", NONCE + chunk(0, True, FULL) + chunk(1, True, b"age"), FULL)
    payload("stream_final_chunk_twice", "payload", NONCE + chunk(0, True, b"age") * 2)
    payload("stream_first_chunk_twice", "payload", NONCE + first * 2 + chunk(1, True, b"age"), FULL)
    payload("stream_first_chunk_lacks", "payload", NONCE + chunk(1, True, b"age"))
    payload("stream_second_chunk_lacks", "payload", NONCE + first + chunk(2, True, b"age"), FULL)
    payload("stream_swapped", "payload", NONCE + middle + first + chunk(2, True, b"age"))
    payload("stream_counter_little_endian", "payload", NONCE + first + seal(
        hkdf(FILE_KEY, NONCE, b"payload"), b"\1" + bytes(10) + b"\1", b"age"), FULL)
    payload("stream_wrong_tag_second", "payload", NONCE + first + chunk(1, True, b"age")[:-1] + b"\0", FULL)
    payload("stream_wrong_byte_of_first", "payload", NONCE + bytes([first[0] ^ 1]) + first[1:] + chunk(1, True, b"age"))
    payload("stream_other_nonce", "payload", NONCE[::-1] + chunk(0, True, b"age"))
    payload("stream_trailing_byte", "payload", SHORT + b"x")
    payload("stream_trailing_newline", "payload", SHORT + b"\n")
    payload("stream_trailing_file", "payload", SHORT + header() + SHORT)
    payload("stream_trailing_behind_full", "payload", NONCE + chunk(0, True, FULL) + b"x", FULL)
    payload("stream_trailing_tag_behind_full", "payload", NONCE + chunk(0, True, FULL) + bytes(16), FULL)
    payload("stream_trailing_chunk_behind_full", "payload", NONCE + chunk(0, True, FULL) + bytes(65552), FULL)


def armor_vectors():
    begin, end = b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"-----END AGE ENCRYPTED FILE-----\n"

    def lines_of(file):
        return base64.b64encode(file)

    def body_of(file):
        text = lines_of(file)
        return b"".join(text[at:at + 64] + b"\n" for at in range(0, len(text), 64))

    def size(last_columns):
        """A payload for which the last line has so many columns."""
        text = b""
        while len(lines_of(header() + NONCE + chunk(0, True, text))) % 64 != last_columns % 64:
            text += b"x"
        return text

    def armored(text):
        return begin + body_of(header() + NONCE + chunk(0, True, text)) + end

    file = header() + SHORT
    body = body_of(file)
    whole = begin + body + end
    first = body[:65]
    full, padded = size(64), next(t for t in (b"", b"1", b"12") if lines_of(
        header() + NONCE + chunk(0, True, t)).endswith(b"=="))

    def sound(name, text, plain=b"age"):
        vector("armor_" + name, "success", text, plain)

    def bad(name, text, age="agrees", expect="armor"):
        vector("armor_" + name, expect, text, age=age)

    sound("plain", whole)
    sound("crlf", whole.replace(b"\n", b"\r\n"))
    sound("no_end_of_line", whole[:-1])
    sound("full_last_line", armored(full), full)
    sound("short_last_line", armored(size(4)), size(4))
    sound("two_pads", armored(padded), padded)
    sound("white_space_behind", whole + b"\n\r   \t\n")
    # Its library allows it, its command looks for the armor in the first bytes.
    vector("armor_white_space_around", "success", b"\n\r   \t\n" + whole + b"\n\r   \t\n", b"age", "is-strict")
    vector("armor_no_match", "no-match", begin + body_of(
        header(x25519_stanza(x25519_parts(OTHER, b"f"))) + SHORT) + end)
    vector("armor_damaged_header", "header", begin + body_of(header(b"->\n\n" + OURS) + SHORT) + end)
    vector("armor_trailing_bytes_inside", "payload", begin + body_of(
        header() + NONCE + chunk(0, True, FULL) + bytes(20)) + end, FULL)
    vector("armor_twice", "header", begin + body_of(whole) + end)
    vector("armor_empty", "header", begin + end)
    bad("header_line", begin + b"Headers: are not allowed\n\n" + body + end)
    bad("checksum", begin + body + b"=ABCD\n" + end)
    bad("empty_line_at_begin", begin + b"\n" + body + end)
    bad("empty_line_within", begin + first + b"\n" + body[65:] + end)
    bad("empty_line_at_end", begin + body + b"\n" + end)
    bad("empty_line_behind_full", armored(full).replace(end, b"\n" + end))
    bad("long_line", begin + body.replace(b"\n", b"", 1) + end)
    bad("short_line", begin + body[:60] + b"\n" + body[60:] + end)
    bad("line_within_padding", armored(padded).replace(b"==", b"=\n="))
    bad("no_padding", armored(padded).replace(b"==", b""))
    bad("one_pad_of_two", armored(padded).replace(b"==", b"="))
    bad("not_canonical", armored(padded).replace(
        lines_of(header() + NONCE + chunk(0, True, padded))[-6:], not_canonical(
            lines_of(header() + NONCE + chunk(0, True, padded))[-6:-2]) + b"=="))
    bad("padding_within", begin + first[:62] + b"==\n" + body[65:] + end)
    bad("space_at_line_begin", begin + b" " + body + end)
    bad("space_at_line_end", begin + body.replace(b"\n", b" \n", 1) + end)
    bad("space_at_last_line_end", begin + body[:-1] + b" \n" + end)
    bad("space_at_begin_line", whole.replace(begin, begin[:-1] + b" \n"))
    bad("space_at_end_line", whole[:-1].replace(end[:-1], b" " + end[:-1]))
    bad("star", begin + b"*" + body[1:] + end)
    bad("url_alphabet", begin + b"-" + body[1:] + end)
    bad("lowercase", whole.replace(b"BEGIN AGE ENCRYPTED FILE", b"begin age encrypted file").replace(
        b"END AGE ENCRYPTED FILE", b"end age encrypted file"), expect="header")
    bad("wrong_type", whole.replace(b"AGE ENCRYPTED FILE", b"AGE ENCRYPTED MESSAGE"))
    bad("other_type_at_end", begin + body + end.replace(b"FILE", b"MESSAGE"))
    bad("no_end_line", begin + body)
    bad("end_line_cut", begin + body + end[:-3])
    bad("garbage_before", b"garbage\n" + whole, expect="header")
    bad("garbage_behind", whole + b"garbage\n")
    bad("second_file_behind", whole + whole)
    bad("cut_in_a_line", begin + body[:30])
    bad("cut_behind_a_line", begin + first)


def main():
    folder = pathlib.Path(sys.argv[1])
    header_vectors()
    end_of_header_vectors()
    payload_vectors()
    armor_vectors()
    (folder / "identity").write_text(bech32("age-secret-key-", SECRET).upper() + "\n")
    (folder / "recipient").write_text(bech32("age", public(SECRET)) + "\n")
    for name, (expect, age, file, plain) in vectors.items():
        (folder / (name + ".age")).write_bytes(file)
        (folder / (name + ".plain")).write_bytes(plain)
        (folder / (name + ".expect")).write_text(f"{expect} {age}\n")


if __name__ == "__main__":
    main()
