// SPDX-License-Identifier: MIT
#include "http/http.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

HttpResponse with_links(const std::vector<std::string> &fields)
{
    HttpResponse response;
    for (const std::string &field : fields)
        response.headers.emplace_back("link", field);
    return response;
}

using Texts = std::vector<std::string>;

}

BOOST_AUTO_TEST_SUITE(http_response_test)

BOOST_AUTO_TEST_CASE(the_first_header_of_a_name_is_found)
{
    const HttpResponse response{
        .status = 200, .headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"empty", ""}}, .body = ""};
    BOOST_TEST(response.header("a").value() == "1");
    BOOST_TEST(response.header("empty").value() == "");
    BOOST_TEST(!response.header("c"));
    BOOST_TEST(response.all_headers("a") == (Texts{"1", "3"}), boost::test_tools::per_element());
    BOOST_TEST(response.all_headers("c").empty());
}

BOOST_AUTO_TEST_CASE(media_types_lose_parameters_and_case)
{
    const std::pair<std::string, std::string> cases[] = {
        {"application/json", "application/json"},
        {"Application/Problem+JSON; charset=utf-8", "application/problem+json"},
        {"text/html;charset=\"x;y\"", "text/html"},
        {"  application/pem-certificate-chain ; x", "application/pem-certificate-chain"},
        {"", ""},
        {";", ""},
    };
    for (const auto &[field, type] : cases) {
        const HttpResponse response{
            .status = 200, .headers = {{"content-type", field}}, .body = ""};
        BOOST_TEST(response.media_type() == type, field);
    }
    BOOST_TEST(HttpResponse().media_type() == "");
}

BOOST_AUTO_TEST_CASE(links_are_found_by_relation)
{
    const std::pair<Texts, Texts> cases[] = {
        {{"<https://a.example/1>;rel=\"alternate\""}, {"https://a.example/1"}},
        {{"<1>; rel=alternate"}, {"1"}},
        {{"< 1 >;rel=alternate"}, {" 1 "}},
        {{"<1>;REL=\"Alternate\""}, {"1"}},
        {{"<1> ; rel = \"alternate\" , <2>;rel=alternate"}, {"1", "2"}},
        {{"<1>;rel=alternate,<2>;rel=index,<3>;rel=alternate"}, {"1", "3"}},
        {{"<d>;rel=\"index\"", "<1>;rel=\"alternate\"", "<2>;rel=\"alternate\""}, {"1", "2"}},
        {{"<1>;rel=\"up alternate next\""}, {"1"}},
        {{"<1>;title=\"a, <x>; rel=alternate\";rel=alternate"}, {"1"}},
        {{"<1>;title=\"say \\\"alternate\\\"\";rel=alternate"}, {"1"}},
        {{"<1>;flag;rel=alternate"}, {"1"}},
        {{"<a,b;c>;rel=alternate"}, {"a,b;c"}},
        {{",, <1>;rel=alternate,,"}, {"1"}},
        {{"<1>;rel=index;rel=alternate"}, {}}, // the first one counts
        {{"<1>;rel=\"alternates\""}, {}},
        {{"<1>;rel*=alternate"}, {}},
        {{"<1>"}, {}},
        {{"<1>;rel"}, {}},
        {{"<1>;rel="}, {}},
        {{""}, {}},
        {{"<1"}, {}},
        {{"1>;rel=alternate"}, {}},
        {{"<1>;title=\"open"}, {}},
        {{"<1>;title=\"open\\"}, {}},
        {{"<1>;rel=\"alternate"}, {"1"}},
        {{"junk, <1>;rel=alternate"}, {}},
        {{}, {}},
    };
    for (const auto &[fields, targets] : cases) {
        const std::string first = fields.empty() ? "no field" : fields.front();
        BOOST_TEST_INFO(first);
        BOOST_TEST(with_links(fields).links("alternate") == targets,
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
