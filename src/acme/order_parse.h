// SPDX-License-Identifier: MIT
// Reading and writing the JSON of orders and authorizations, apart from the requests that carry
// it. Unknown members are ignored; a URL that is not https, an unknown status or a name that is
// no Identifier throws Error.
#pragma once

#include "acme/order.h"
#include "json/json.h"

#include <string>

namespace acmeproxy {

/// The payload of newOrder (RFC 8555, section 7.4).
Json to_json(const OrderRequest &request);
Order parse_order(const Json &json, const std::string &url);
Authorization parse_authorization(const Json &json, const std::string &url);
Challenge parse_challenge(const Json &json);

/// The status member, which must be one of those listed.
std::string parse_status(const Json &json, std::initializer_list<std::string_view> known);
/// From the header, where it is one.
std::optional<Seconds> retry_after_of(const HttpResponse &response, Time now);

}
