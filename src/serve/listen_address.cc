// SPDX-License-Identifier: MIT
#include "serve/listen_address.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace acmeproxy {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

int parse_port(const std::string &text)
{
    // By name without /etc/services, which small systems lack.
    if (text == "http")
        return 80;
    if (text == "https")
        return 443;
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535)
        throw Error("\"" + printable(text, 60) +
                    "\" is no port: http, https or a number between 1 and 65535");
    return port;
}

bool has_odd_character(const std::string &host)
{
    return std::any_of(host.begin(), host.end(), [](unsigned char c) {
        return c <= 0x20 || c >= 0x7F || c == '"' || c == '/' || c == '[' || c == ']';
    });
}

AddressList look_up(const ListenAddress &address)
{
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo *found = nullptr;
    const int failed = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                     std::to_string(address.port).c_str(), &hints, &found);
    if (failed)
        throw Error("look up " + address.host + ": " + ::gai_strerror(failed));
    return {found, ::freeaddrinfo};
}

std::string token_of(const addrinfo &info)
{
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    const int failed = ::getnameinfo(info.ai_addr, info.ai_addrlen, host, sizeof host, port,
                                     sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    if (failed)
        throw Error(std::string("spell an address: ") + ::gai_strerror(failed));
    return info.ai_family == AF_INET6 ? "[" + std::string(host) + "]:" + port
                                      : std::string(host) + ":" + port;
}

ListeningSocket bind_and_listen(const addrinfo &info)
{
    Fd fd(::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::string token = token_of(info);
    if (!fd)
        throw_errno("listen on " + token);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info.ai_family == AF_INET6)
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(fd.get(), info.ai_addr, info.ai_addrlen) != 0 ||
        ::listen(fd.get(), listen_backlog) != 0)
        throw_errno("listen on " + token);
    return {std::move(fd), token};
}

bool is_about_missing_ipv6(const std::system_error &e)
{
    const int code = e.code().value();
    return code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
}

}

ListenAddress parse_listen_address(const std::string &text)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos)
        throw Error("\"" + printable(text, 100) + "\" is not [HOST]:PORT, as :443 or [::1]:8443");
    ListenAddress address{text.substr(0, colon), parse_port(text.substr(colon + 1))};
    std::string &host = address.host;
    const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (has_brackets)
        host = host.substr(1, host.size() - 2);
    const bool is_ipv6 = host.find(':') != std::string::npos;
    if (has_brackets != is_ipv6 || has_odd_character(host))
        throw Error("\"" + printable(text, 100) +
                    "\" is not [HOST]:PORT, as :443 or [::1]:8443 (IPv6 in brackets)");
    return address;
}

std::string to_text(const ListenAddress &address)
{
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::vector<ListeningSocket> listen_on(const ListenAddress &address)
{
    const AddressList list = look_up(address);
    std::vector<ListeningSocket> sockets;
    for (const addrinfo *info = list.get(); info; info = info->ai_next) {
        const bool may_be_missing = info->ai_family == AF_INET6 && address.host.empty();
        try {
            sockets.push_back(bind_and_listen(*info));
        } catch (const std::system_error &e) {
            if (!may_be_missing || !is_about_missing_ipv6(e))
                throw;
        }
    }
    if (sockets.empty())
        throw Error("listen on " + to_text(address) + ": this host has no such address");
    return sockets;
}

}
