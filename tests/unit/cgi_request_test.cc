// SPDX-License-Identifier: MIT
#include "cgi/request.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <map>

using namespace acmeproxy;

namespace {

using Params = std::map<std::string, std::string>;

ParamLookup lookup_in(const Params &params)
{
    return [&params](const char *name) {
        const auto found = params.find(name);
        return found == params.end() ? nullptr : found->second.c_str();
    };
}

/// Gives `text` in pieces of at most `step` bytes.
BodyReader reader_of(const std::string &text, std::size_t step)
{
    return [&text, step, at = std::size_t(0)](char *buffer, std::size_t size) mutable {
        const std::size_t count = std::min({size, step, text.size() - at});
        std::memcpy(buffer, text.data() + at, count);
        at += count;
        return count;
    };
}

CgiRequest request_of(const Params &params)
{
    return read_request(lookup_in(params), nullptr, std::nullopt);
}

CgiRequest post_of(const Params &params, const std::string &body, std::size_t max_body,
                   std::size_t step = 3)
{
    return read_request(lookup_in(params), reader_of(body, step), max_body);
}

}

BOOST_AUTO_TEST_SUITE(cgi_request_test)

// What the servers send for http://host/a/TOKEN?q, as seen with the configurations in contrib/.
BOOST_AUTO_TEST_CASE(the_path_is_the_same_under_every_server)
{
    const std::pair<Params, std::string> table[] = {
        // lighttpd, FastCGI and CGI by extension or prefix
        {{{"REQUEST_URI", "/a/TOKEN?q"}, {"SCRIPT_NAME", "/a"}, {"PATH_INFO", "/TOKEN"}},
         "/a/TOKEN"},
        // nginx
        {{{"REQUEST_URI", "/a/TOKEN?q"}, {"SCRIPT_NAME", "/a/TOKEN"}}, "/a/TOKEN"},
        // RFC 3875 alone
        {{{"SCRIPT_NAME", "/a"}, {"PATH_INFO", "/TOKEN"}}, "/a/TOKEN"},
        {{{"SCRIPT_NAME", "/a/"}, {"PATH_INFO", "/TOKEN"}}, "/a/TOKEN"},
        {{{"SCRIPT_NAME", "/a/TOKEN"}}, "/a/TOKEN"},
        {{{"PATH_INFO", "/a/TOKEN"}}, "/a/TOKEN"},
        {{{"REQUEST_URI", ""}, {"SCRIPT_NAME", "/a/TOKEN"}}, "/a/TOKEN"},
        {{}, ""},
        // a request as to a proxy
        {{{"REQUEST_URI", "http://host/a/TOKEN?q"}}, "/a/TOKEN"},
        {{{"REQUEST_URI", "http://host"}}, "/"},
        {{{"REQUEST_URI", "/a/http://host/b"}}, "/a/http://host/b"},
        {{{"REQUEST_URI", "*"}}, "*"},
        // nothing is decoded, nothing is made simple
        {{{"REQUEST_URI", "/a/%2e%2e/b%00"}}, "/a/%2e%2e/b%00"},
        {{{"REQUEST_URI", "//a/../TOKEN"}}, "//a/../TOKEN"},
        {{{"REQUEST_URI", "?q"}}, ""},
    };
    for (const auto &[params, path] : table)
        BOOST_TEST(request_of(params).path == path);
}

BOOST_AUTO_TEST_CASE(variables_are_taken_over)
{
    const Params params = {{"REQUEST_METHOD", "GET"},
                           {"QUERY_STRING", "a=b?c"},
                           {"CONTENT_TYPE", "application/jose+json"},
                           {"HTTP_IF_NONE_MATCH", "\"x\""},
                           {"HTTP_X", "y"}};
    const CgiRequest request = request_of(params);
    BOOST_TEST(request.method == "GET");
    BOOST_TEST(request.query == "a=b?c");
    BOOST_TEST(request.content_type == "application/jose+json");
    BOOST_TEST(request.header("If-None-Match") == "\"x\"");
    BOOST_TEST(request.header("x") == "y");
    BOOST_TEST(request.header("Missing") == "");
    BOOST_TEST(request.param("REQUEST_METHOD") == "GET");
    BOOST_TEST(request.param("MISSING") == "");
}

BOOST_AUTO_TEST_CASE(only_the_web_server_says_https)
{
    const std::pair<Params, bool> table[] = {
        {{{"HTTPS", "on"}}, true},
        {{{"HTTPS", "1"}}, true},
        {{{"REQUEST_SCHEME", "https"}}, true},
        {{{"HTTPS", "off"}}, false},
        {{{"HTTPS", ""}, {"REQUEST_SCHEME", "http"}}, false},
        {{{"HTTP_X_FORWARDED_PROTO", "https"}, {"HTTP_HTTPS", "on"}}, false},
        {{}, false},
    };
    for (const auto &[params, https] : table)
        BOOST_TEST(request_of(params).https == https);
}

BOOST_AUTO_TEST_CASE(a_body_is_read_to_its_length)
{
    for (const std::size_t step : {1u, 3u, 100u}) {
        const CgiRequest request = post_of({{"CONTENT_LENGTH", "10"}}, "0123456789next", 10, step);
        BOOST_TEST((request.body_state == BodyState::complete));
        BOOST_TEST(request.body == "0123456789");
    }
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_right_is_empty_and_says_why)
{
    const struct {
        const char *method;
        const char *length;
        BodyState state;
    } table[] = {
        {"POST", "5", BodyState::complete},
        {"POST", "0", BodyState::complete},
        {"GET", "", BodyState::complete},
        {"POST", "", BodyState::no_length},
        {"POST", "6", BodyState::truncated},
        {"POST", "8", BodyState::truncated},
        {"POST", "9", BodyState::too_large},
        {"POST", "99999999999999999999999", BodyState::too_large},
        {"POST", "-1", BodyState::bad_length},
        {"POST", "5x", BodyState::bad_length},
        {"POST", " 5", BodyState::bad_length},
        {"POST", "0x5", BodyState::bad_length},
        {"POST", "+5", BodyState::bad_length},
    };
    for (const auto &row : table) {
        BOOST_TEST_CONTEXT(row.method << " " << row.length)
        {
            const CgiRequest request = post_of(
                {{"REQUEST_METHOD", row.method}, {"CONTENT_LENGTH", row.length}}, "12345", 8);
            BOOST_TEST((request.body_state == row.state));
            BOOST_TEST(request.body ==
                       (std::string(row.length) == "5" ? std::string("12345") : std::string()));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_body_that_nobody_asked_for_is_not_read)
{
    const Params params = {{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", "5"}};
    const CgiRequest request = read_request(
        lookup_in(params),
        [](char *, std::size_t) -> std::size_t { throw std::logic_error("the body was read"); },
        std::nullopt);
    BOOST_TEST((request.body_state == BodyState::not_read));
}

BOOST_AUTO_TEST_SUITE_END()
