// SPDX-License-Identifier: MIT
// The output of a shell command, for checks against other programs.
#pragma once

#include <cstdio>
#include <string>

namespace acmeproxy {

struct ProgramResult {
    int status;         ///< as wait(2) gives it: 0 is success
    std::string output; ///< standard output and error
};

inline ProgramResult run_program(const std::string &command)
{
    FILE *pipe = ::popen(("{ " + command + "; } 2>&1 </dev/null").c_str(), "r");
    if (!pipe)
        return {-1, "popen failed"};
    std::string output;
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe))
        output.append(buffer, n);
    return {::pclose(pipe), output};
}

}
