// SPDX-License-Identifier: MIT
// Where to listen: "[HOST]:PORT" as --http-api-addr and --https-addr take it, and the sockets made
// of it. The ports are bound before rights are given up, and the sockets live as long as serve
// does: web servers come and go, connections wait in the queue meanwhile.
#pragma once

#include "base/fd.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct ListenAddress {
    std::string host; ///< "" for all addresses of this host; without brackets
    int port = 0;

    bool operator==(const ListenAddress &) const = default;
};

/// ":443", ":https", "192.0.2.1:8443", "[2001:db8::1]:443", "localhost:8080". Throws Error.
ListenAddress parse_listen_address(const std::string &text);
std::string to_text(const ListenAddress &address);

/// Connections that wait for a program of ours, at most; the kernel may take fewer.
inline constexpr int listen_backlog = 4096;

/// A socket that listens.
struct ListeningSocket {
    Fd fd;
    std::string token; ///< its own address as lighttpd writes it: "127.0.0.1:80", "[::]:80"
};

/// One for each address that `address` stands for; all addresses of the host are one for IPv4 and
/// one for IPv6, if there is IPv6. Throws std::system_error with the reason: the port is taken, a
/// right is missing.
std::vector<ListeningSocket> listen_on(const ListenAddress &address);

}
