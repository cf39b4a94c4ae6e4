// SPDX-License-Identifier: MIT
#include "server/nonce.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/sealed_box.h"
#include "spool/spent_nonces.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace acmeproxy {

namespace {

constexpr std::string_view context_of_nonces = "nonce";
// Clocks of the nodes that share a spool may differ by a minute.
constexpr Seconds clock_difference = std::chrono::minutes(1);

/// When we made it; nullopt where we did not.
std::optional<Time> made_at(ServerContext &context, std::string_view nonce)
{
    const auto box = base64url_decode(nonce);
    if (!box || box->size() > 100)
        return std::nullopt;
    const auto keys = context.secrets.keys();
    for (const SecretKey &key : *keys) {
        const auto text = open_box(key.key, *box, context_of_nonces);
        if (!text)
            continue;
        std::int64_t seconds = 0;
        const auto [end, err] = std::from_chars(text->data(), text->data() + text->size(), seconds);
        if (err != std::errc() || end != text->data() + text->size())
            return std::nullopt;
        return Time(Seconds(seconds));
    }
    return std::nullopt;
}

}

std::string make_nonce(ServerContext &context)
{
    const auto keys = context.secrets.keys();
    const std::string now = std::to_string(context.clock.now().time_since_epoch().count());
    return base64url_encode(seal_box(keys->front().key, now, context_of_nonces));
}

bool is_our_nonce(ServerContext &context, std::string_view nonce)
{
    const auto made = made_at(context, nonce);
    if (!made)
        return false;
    const Seconds age = context.clock.now() - *made;
    return age <= nonce_lifetime && age >= -clock_difference;
}

bool spend_nonce(ServerContext &context, std::string_view nonce)
{
    const auto made = made_at(context, nonce);
    return made && spend_nonce(context.spool, *made, hex_encode(sha256(nonce)).substr(0, 32));
}

}
