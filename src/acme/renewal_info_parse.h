// SPDX-License-Identifier: MIT
// Reading a renewal information object, apart from the request that fetches it.
#pragma once

#include "acme/issued.h"

namespace acmeproxy {

/// RFC 9773, section 4.2. Throws Error where the window must not be obeyed for a certificate that
/// is valid from `not_before` to `not_after`.
RenewalInfo parse_renewal_info(const Json &json, std::optional<Seconds> retry_after,
                               Time not_before, Time not_after);

}
