// SPDX-License-Identifier: MIT
// A certificate that signs itself: what a TLS server shows until a CA has given it a better one.
#pragma once

#include "base/clock.h"
#include "base/identifier.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace acmeproxy {

/// For one name, valid from an hour before `now` for `lifetime`, for TLS servers alone. Nobody
/// trusts it.
Certificate make_self_signed(const PrivateKey &key, const Identifier &name, Time now,
                             Seconds lifetime);

}
