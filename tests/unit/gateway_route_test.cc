// SPDX-License-Identifier: MIT
#include "server/gateway_route.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

/// "CA RESOURCE ITEM", or "none".
std::string shown(std::string_view path)
{
    const auto route = parse_gateway_path(path);
    if (!route)
        return "none";
    return (route->ca.empty() ? "-" : route->ca) + " " + std::string(path_word(route->resource)) +
           " " + (route->item.empty() ? "-" : route->item);
}

}

BOOST_AUTO_TEST_SUITE(gateway_route_test)

BOOST_AUTO_TEST_CASE(paths_name_a_ca_a_resource_and_an_item)
{
    const std::pair<const char *, const char *> table[] = {
        {"/gateway/directory", "- directory -"},
        {"/gateway/new-order", "- new-order -"},
        {"/gateway/revoke-cert", "- revoke-cert -"},
        {"/gateway/order/T", "- order T"},
        {"/gateway/finalize/T", "- finalize T"},
        {"/gateway/authz/T", "- authz T"},
        {"/gateway/challenge/T", "- challenge T"},
        {"/gateway/cert/T", "- cert T"},
        {"/gateway/renewal-info/a.b", "- renewal-info a.b"},
        {"/gateway/inside/directory", "inside directory -"},
        {"/gateway/inside/order/T", "inside order T"},
        {"/gateway/inside/renewal-info/a.b", "inside renewal-info a.b"},
        {"/gateway/order/directory", "- order directory"},
        {"/gateway/order/", "- order -"},
    };
    for (const auto &[path, expected] : table)
        BOOST_TEST(shown(path) == expected, path);
}

BOOST_AUTO_TEST_CASE(other_paths_are_none_of_ours)
{
    for (const char *path :
         {"", "/", "/gateway", "/gateway/", "/gateway//directory", "/gateway/directory/",
          "/gateway/new-order/T", "/gateway/order", "/gateway/order/T/U", "/gateway/inside",
          "/gateway/inside/", "/gateway/inside/nothing", "/gateway/a/b/directory",
          "/gatewayx/directory", "/auth/new-nonce", "/gateway/Directory", "gateway/directory"})
        BOOST_TEST(shown(path) == "none", path);
}

BOOST_AUTO_TEST_CASE(the_prefix_has_the_ca_where_the_path_had_one)
{
    BOOST_TEST(gateway_prefix("https://p.example", "") == "https://p.example/gateway");
    BOOST_TEST(gateway_prefix("https://p.example", "x") == "https://p.example/gateway/x");
}

BOOST_AUTO_TEST_SUITE_END()
