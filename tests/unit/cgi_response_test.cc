// SPDX-License-Identifier: MIT
#include "cgi/response.h"

#include "base/error.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(cgi_response_test)

BOOST_AUTO_TEST_CASE(an_answer_is_written_in_the_order_it_was_made)
{
    const CgiResponse response = {
        201, {{"Location", "https://x/1"}, {"Link", "<a>"}, {"Link", "<b>"}}, "body"};
    BOOST_TEST(cgi_text(response, "POST") == "Status: 201 Created\r\nLocation: https://x/1\r\n"
                                             "Link: <a>\r\nLink: <b>\r\nContent-Length: 4\r\n"
                                             "\r\nbody");
}

BOOST_AUTO_TEST_CASE(head_has_the_length_without_the_body)
{
    BOOST_TEST(cgi_text({200, {}, "body"}, "HEAD") ==
               "Status: 200 OK\r\nContent-Length: 4\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(an_answer_without_content_has_no_length)
{
    BOOST_TEST(cgi_text({204, {}, "lost"}, "GET") == "Status: 204 No Content\r\n\r\n");
    BOOST_TEST(cgi_text({304, {}, ""}, "GET") == "Status: 304 Not Modified\r\n\r\n");
    BOOST_TEST(cgi_text({200, {}, ""}, "GET") == "Status: 200 OK\r\nContent-Length: 0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_text_ends_its_line)
{
    const CgiResponse response = text_response(404, "not here");
    BOOST_TEST(cgi_text(response, "GET") == "Status: 404 Not Found\r\nContent-Type: text/plain\r\n"
                                            "Content-Length: 9\r\n\r\nnot here\n");
}

BOOST_AUTO_TEST_CASE(a_status_without_a_phrase_is_a_number)
{
    BOOST_TEST(cgi_text({299, {}, ""}, "HEAD") == "Status: 299 \r\nContent-Length: 0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_header_cannot_forge_another)
{
    const std::pair<std::string, std::string> table[] = {
        {"Location", "x\r\nSet-Cookie: y"}, {"Location", "x\n"}, {"Location", "x\r"}, {"A\nB", "x"},
        {"A", std::string("\0", 1)},        {"A", "\x7f"},
    };
    for (const auto &header : table)
        BOOST_CHECK_EXCEPTION(cgi_text({200, {header}, ""}, "GET"), Error, [](const Error &e) {
            return std::string(e.what()) == "write header: not one line";
        });
}

BOOST_AUTO_TEST_SUITE_END()
