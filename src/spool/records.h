// SPDX-License-Identifier: MIT
// The small files beside a lineage's generations: what they hold. All but order.json are caches: a
// missing or damaged one is made anew from the certificate.
#pragma once

#include "base/clock.h"
#include "spool/names.h"
#include "json/json.h"

#include <optional>
#include <string>

namespace acmeproxy {

/// A member of a record: RFC 3339. Throws JsonError.
Time time_at(const Json &json, std::string_view name);

/// order.json: an order in flight.
struct OrderRecord {
    std::string ca;        ///< the CA's name
    std::string directory; ///< its directory URL when the order was placed
    std::string account;   ///< the account's URL
    std::string url;       ///< the order's
    Generation generation = 0;
    Time placed{};
};
Json to_json(const OrderRecord &record);
OrderRecord parse_order_record(const Json &json);

/// retry.json: failures since the last success.
struct RetryRecord {
    int attempts = 0;         ///< to issue
    std::string error;        ///< the last one, one line
    std::string client_error; ///< what its client may see of it; empty: nothing
    Time last{};              ///< when
    std::optional<Time> next; ///< not before
    int hook_attempts = 0;
    std::string hook_error;
    std::optional<Time> hook_next;

    bool is_clean() const { return attempts == 0 && hook_attempts == 0 && error.empty(); }
};
Json to_json(const RetryRecord &record);
RetryRecord parse_retry_record(const Json &json);

/// origin.json of a generation that came from an agent.
struct OriginRecord {
    std::string server;        ///< its URL
    Generation generation = 0; ///< the number that the server gave it
    std::string tag;           ///< ETag, or empty
    std::string recipient;     ///< that it was told to seal for
    Time next_ask{};           ///< when the server is asked for another one
};
Json to_json(const OriginRecord &record);
OriginRecord parse_origin_record(const Json &json);

/// ari.json: the renewal window of one certificate (RFC 9773) and the instant picked in it.
struct AriRecord {
    std::string certificate_id;
    std::optional<Time> start, end; ///< none: the CA has none for it
    std::optional<Time> picked;
    std::string explanation_url;
    Time next_poll{};
};
Json to_json(const AriRecord &record);
AriRecord parse_ari_record(const Json &json);

}
