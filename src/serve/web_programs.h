// SPDX-License-Identifier: MIT
// The FastCGI programs that serve runs, as data: what they are called, which URLs are theirs, and
// through which door.
#pragma once

#include <string>
#include <vector>

namespace acmeproxy {

enum class Door {
    any,      ///< with and without TLS
    tls_only, ///< everything that is a secret or is signed
};

struct WebProgram {
    std::string name;       ///< "auth": the program is auth.fcgi, its socket auth.sock
    std::string url_prefix; ///< "/auth/"
    Door door;

    std::string file() const { return name + ".fcgi"; }
    std::string socket() const { return name + ".sock"; }
};

const std::vector<WebProgram> &web_programs();

/// Throws Error naming the first that is not an executable file in `folder`.
void check_web_programs(const std::string &folder);

}
