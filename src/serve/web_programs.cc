// SPDX-License-Identifier: MIT
#include "serve/web_programs.h"

#include "base/error.h"

#include <cerrno>
#include <unistd.h>

namespace acmeproxy {

const std::vector<WebProgram> &web_programs()
{
    static const std::vector<WebProgram> table{
        {"challenge", "/.well-known/acme-challenge/", Door::any},
        {"auth", "/auth/", Door::tls_only},
        {"gateway", "/gateway/", Door::tls_only},
        {"agent", "/agent/", Door::tls_only},
    };
    return table;
}

void check_web_programs(const std::string &folder)
{
    for (const WebProgram &program : web_programs()) {
        const std::string path = folder + "/" + program.file();
        if (::access(path.c_str(), X_OK) != 0)
            throw_errno("find the program " + path);
    }
}

}
