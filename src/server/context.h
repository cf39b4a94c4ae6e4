// SPDX-License-Identifier: MIT
// What the handlers of auth, gateway and agent share in one process: spool, settings, secrets. All
// truth is on disk, at the CA, or in what the client holds: a context may be lost at any time.
//
// Threads: all members may be used at once.
#pragma once

#include "base/clock.h"
#include "renew/options.h"
#include "spool/client_store.h"
#include "spool/secret_keys.h"
#include "spool/spool.h"

#include <chrono>
#include <string>

namespace acmeproxy {

struct ServerOptions {
    std::string base_url;                 ///< "https://proxy.example", without a slash at its end
    std::string website;                  ///< for the directory's meta, or empty
    bool trust_forwarded_https = false;   ///< a front on this host ends TLS
    bool log_names = false;               ///< the audit log
    std::chrono::milliseconds wait{8000}; ///< how long an answer may be held for the CA
    int threads = 8;
    int waits_per_client = 4;
};

struct ServerContext {
    const Spool &spool;
    const ServerOptions &options;
    const RenewOptions &renew; ///< CAs, trust, network
    const Clock &clock;
    SecretKeyring &secrets;
    ClientStore clients;
};

}
