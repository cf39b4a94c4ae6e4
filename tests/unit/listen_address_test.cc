// SPDX-License-Identifier: MIT
#include "serve/listen_address.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <sys/socket.h>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(listen_address_test)

BOOST_AUTO_TEST_CASE(addresses_are_read_and_spelled)
{
    struct Case {
        std::string text, host;
        int port;
        std::string spelled;
    };
    const std::vector<Case> cases{
        {":http", "", 80, ":80"},
        {":https", "", 443, ":443"},
        {":8443", "", 8443, ":8443"},
        {"127.0.0.1:1", "127.0.0.1", 1, "127.0.0.1:1"},
        {"localhost:65535", "localhost", 65535, "localhost:65535"},
        {"[::1]:80", "::1", 80, "[::1]:80"},
    };
    for (const Case &c : cases) {
        const ListenAddress address = parse_listen_address(c.text);
        BOOST_TEST(address.host == c.host);
        BOOST_TEST(address.port == c.port);
        BOOST_TEST(to_text(address) == c.spelled);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "\"\" is not [HOST]:PORT"},
        {"8080", "\"8080\" is not [HOST]:PORT"},
        {"host", "\"host\" is not [HOST]:PORT"},
        {":", "\"\" is no port"},
        {":0", "\"0\" is no port"},
        {":65536", "\"65536\" is no port"},
        {":-1", "\"-1\" is no port"},
        {":80x", "\"80x\" is no port"},
        {":ftp", "\"ftp\" is no port: http, https or a number between 1 and 65535"},
        {"::1:80", "(IPv6 in brackets)"},
        {"[::1:80", "(IPv6 in brackets)"},
        {"[127.0.0.1]:80", "(IPv6 in brackets)"},
        {"a b:80", "\"a b:80\" is not [HOST]:PORT"},
        {"a\"b:80", "is not [HOST]:PORT"},
    };
    for (const auto &[text, expected] : cases) {
        BOOST_CHECK_EXCEPTION(
            parse_listen_address(text), Error, [&part = expected](const Error &e) {
                const bool found = std::string(e.what()).find(part) != std::string::npos;
                BOOST_TEST(found, e.what());
                return found;
            });
    }
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_told)
{
    // The kernel chooses a port, which is taken from then on.
    const Fd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BOOST_TEST_REQUIRE(::bind(taken.get(), reinterpret_cast<sockaddr *>(&address), size) == 0);
    BOOST_TEST_REQUIRE(::listen(taken.get(), 1) == 0);
    ::getsockname(taken.get(), reinterpret_cast<sockaddr *>(&address), &size);
    const int port = ntohs(address.sin_port);
    BOOST_CHECK_EXCEPTION(listen_on({"127.0.0.1", port}), std::system_error,
                          [&](const std::system_error &e) {
                              BOOST_TEST(e.what() == "listen on 127.0.0.1:" + std::to_string(port) +
                                                         ": Address already in use");
                              return e.code().value() == EADDRINUSE;
                          });
}

BOOST_AUTO_TEST_SUITE_END()
