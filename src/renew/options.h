// SPDX-License-Identifier: MIT
// What the settings say about renewing, as plain values.
#pragma once

#include "base/random.h"
#include "crypto/key.h"
#include "http/http.h"
#include "spool/names.h"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace acmeproxy {

struct RenewOptions {
    std::string default_ca = "letsencrypt"; ///< a CA's name
    std::string directory_url;              ///< replaces the default CA's, or empty
    HttpOptions http;                       ///< with the trust that all CAs get
    std::vector<std::string> contact;       ///< mail addresses, for CAs that name none
    KeyType account_key_type = KeyType::ec256;
    std::string preferred_chain;
    int workers = 8;
    std::chrono::seconds order_timeout{300};
    bool self_check = false;
    int http01_port = 80; ///< where the self-check looks; the CA's port is not ours to choose
    UnitRandom random = random_unit;

    // Of one pass.
    bool force = false;
    bool dry_run = false;
    std::vector<LineageName> names; ///< only these, due or not; empty: all that are due
};

struct HookOptions {
    std::string global_hook; ///< certificate-obtained-hook, or empty
    std::string hooks_dir;   ///< where plain names are looked for
    std::chrono::seconds timeout{300};
    mode_t umask = 022; ///< that a hook has
};

}
