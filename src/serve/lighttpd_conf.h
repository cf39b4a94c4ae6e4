// SPDX-License-Identifier: MIT
// The configuration of the web server, as a text: TLS from 1.2 on, no file served, no Host and no
// path logged, sizes and times limited. It runs with sockets that it inherits.
#pragma once

#include <string>
#include <vector>

namespace acmeproxy {

struct LighttpdConf {
    std::string run_folder; ///< sockets of the programs, temporary files
    std::string pid_file;
    std::vector<std::string> http_tokens;  ///< addresses of the inherited sockets, "127.0.0.1:80"
    std::vector<std::string> https_tokens; ///< of those with TLS
    std::string certificate;               ///< a file: the chain
    std::string private_key;               ///< a file
};

std::string to_text(const LighttpdConf &conf);

/// As a text of lighttpd's configuration: in double quotes. Throws Error where `text` cannot be
/// written so.
std::string lighttpd_quoted(const std::string &text);

/// What remains of a line of lighttpd's log without its time and place in the source.
std::string lighttpd_message(const std::string &line);

}
