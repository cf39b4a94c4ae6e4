// SPDX-License-Identifier: MIT
#include "acme/ca_problem.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const Time now{Seconds(1790000000)};
const std::string doing = "new order at https://ca.example";

CaProblem from(int status, const std::string &body,
               const std::vector<std::pair<std::string, std::string>> &headers = {})
{
    HttpResponse response;
    response.status = status;
    response.headers = headers;
    response.body = body;
    return problem_from_response(doing, response, now);
}

}

BOOST_AUTO_TEST_SUITE(ca_problem_test)

BOOST_AUTO_TEST_CASE(the_text_says_what_was_done_and_quotes_the_ca)
{
    const struct {
        int status;
        const char *body;
        const char *text;
    } table[] = {
        {429,
         R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates",)"
         R"("status":429})",
         "rateLimited: too many certificates"},
        {400, R"({"type":"https://ca.example/errors/odd","detail":"odd"})",
         "https://ca.example/errors/odd: odd"},
        {400, R"({"type":"urn:ietf:params:acme:error:malformed"})", "malformed"},
        {400, R"({"type":"urn:ietf:params:acme:error:malformed","title":"a title"})",
         "malformed: a title"},
        {403, R"({"type":"about:blank","detail":"go away"})", "HTTP status 403: go away"},
        {403, R"({"detail":"go away"})", "HTTP status 403: go away"},
        {400, R"({"type":"urn:ietf:params:acme:error:malformed","detail":5,"subproblems":{}})",
         "malformed"},
        {403,
         R"({"type":"urn:ietf:params:acme:error:userActionRequired","detail":"terms changed",)"
         R"("instance":"https://ca.example/agree"})",
         "userActionRequired: terms changed: see https://ca.example/agree"},
        {400, "{\"type\":\"x\",\"detail\":\"two\\nlines\\u001b[31m\"}", "x: two?lines?[31m"},
        {500, "", "HTTP status 500"},
        {404, "{}", "HTTP status 404: {}"},
        {404, R"(["type"])", R"(HTTP status 404: ["type"])"},
        {502, R"({"type":"a","type":"b"})", R"(HTTP status 502: {"type":"a","type":"b"})"},
        {302, "", "HTTP status 302"},
    };
    for (const auto &row : table)
        BOOST_TEST(from(row.status, row.body).what() == doing + ": " + row.text);
}

BOOST_AUTO_TEST_CASE(html_is_quoted_without_its_tags)
{
    const struct {
        const char *html;
        const char *text;
    } table[] = {
        {"<html><head><title>503 Service Unavailable</title></head>\r\n<body><h1>Sorry</h1></body>",
         "503 Service Unavailable Sorry"},
        {"<STYLE>p { color: red }</style><p>busy</p>", "busy"},
        {"<script>if (a < b) alert(1)</SCRIPT>busy", "busy"},
        {"<!-- a > b -->busy", "busy"},
        {"busy <unfinished", "busy"},
        {"<", ""},
        {"<script>never closed", ""},
        {"plain\ttext\nof two lines", "plain text of two lines"},
        {"\x80\x01", "??"},
    };
    for (const auto &row : table) {
        const CaProblem problem = from(503, row.html);
        BOOST_TEST(problem.type == "");
        BOOST_TEST(problem.detail == row.text);
        BOOST_TEST(problem.status == 503);
    }
    BOOST_TEST(from(503, std::string(100000, 'x')).detail.size() < 310);
}

BOOST_AUTO_TEST_CASE(subproblems_become_one_line)
{
    const CaProblem problem = from(
        403,
        R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"some are refused",)"
        R"("subproblems":[)"
        R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"a high-risk name",)"
        R"("identifier":{"type":"dns","value":"a.example"}},)"
        R"({"type":"urn:ietf:params:acme:error:caa","detail":"CAA forbids it",)"
        R"("identifier":{"type":"dns","value":"b.example"}},)"
        R"({"type":"urn:ietf:params:acme:error:dns"}, 7]})");
    BOOST_TEST(problem.what() == doing + ": rejectedIdentifier: some are refused (a.example: a "
                                         "high-risk name; b.example: caa: CAA forbids it; dns)");
    BOOST_TEST(problem.subproblems.size() == 3U);
    BOOST_TEST(problem.subproblems[1].identifier == "b.example");
    BOOST_TEST(problem.subproblems[1].type == "caa");
}

BOOST_AUTO_TEST_CASE(a_subproblem_in_the_words_of_the_problem_only_names_its_name)
{
    const CaProblem problem = from(
        403, R"({"type":"urn:ietf:params:acme:error:caa","detail":"CAA forbids it",)"
             R"("subproblems":[{"type":"urn:ietf:params:acme:error:caa",)"
             R"("detail":"CAA forbids it","identifier":{"type":"dns","value":"a.example"}}]})");
    BOOST_TEST(problem.what() == doing + ": caa: CAA forbids it (a.example)");
}

BOOST_AUTO_TEST_CASE(a_subproblem_that_is_the_problem_is_not_said_twice)
{
    const CaProblem problem = from(
        403,
        R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"a.example: not you",)"
        R"("subproblems":[{"type":"urn:ietf:params:acme:error:rejectedIdentifier",)"
        R"("detail":"not you","identifier":{"type":"dns","value":"a.example"}}]})");
    BOOST_TEST(problem.what() == doing + ": rejectedIdentifier: a.example: not you");
}

BOOST_AUTO_TEST_CASE(many_subproblems_are_cut_short)
{
    const std::vector<Subproblem> many(100, {"dns", "no address", "x.example"});
    const std::string text = to_text("dns", "many", many);
    BOOST_TEST(text.size() < 1000U);
    BOOST_TEST(text.ends_with("x.example: no address; and 75 more)"));
    BOOST_TEST(to_text("", "", {}) == "");
    BOOST_TEST(to_text("", "words", {}) == "words");
    BOOST_TEST(to_text("", "", {{"dns", "no", "x"}}) == "(x: dns: no)");
}

BOOST_AUTO_TEST_CASE(retry_after_is_kept_and_shown)
{
    const std::string body = R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"slow"})";
    const CaProblem seconds = from(429, body, {{"retry-after", "3600"}});
    BOOST_TEST((seconds.retry_after == Seconds(3600)));
    BOOST_TEST(seconds.what() == doing + ": rateLimited: slow (retry after 2026-09-21T15:13:20Z)");
    const CaProblem date = from(503, "<p>busy", {{"retry-after", "Mon, 21 Sep 2026 14:14:20 GMT"}});
    BOOST_TEST((date.retry_after == Seconds(60)));
    BOOST_TEST(date.what() == doing + ": HTTP status 503: busy (retry after 2026-09-21T14:14:20Z)");
    BOOST_TEST(!from(429, body, {{"retry-after", "soon"}}).retry_after);
    BOOST_TEST(!from(429, body).retry_after);
}

BOOST_AUTO_TEST_CASE(only_some_refusals_ask_to_wait)
{
    const std::string limited = R"({"type":"urn:ietf:params:acme:error:rateLimited"})";
    BOOST_TEST(from(429, "").asks_to_wait());
    BOOST_TEST(from(503, "<p>busy").asks_to_wait());
    BOOST_TEST(from(400, limited).asks_to_wait());
    BOOST_TEST(!from(500, "").asks_to_wait());
    BOOST_TEST(!from(400, R"({"type":"urn:ietf:params:acme:error:malformed"})").asks_to_wait());
}

BOOST_AUTO_TEST_CASE(a_problem_inside_an_object_has_no_status)
{
    const Json error = Json::parse(
        R"({"type":"urn:ietf:params:acme:error:dns","detail":"no A record","status":400})");
    const CaProblem problem = problem_from_json("http-01", error);
    BOOST_TEST(problem.status == 0);
    BOOST_TEST(problem.type == "dns");
    BOOST_TEST(problem.what() == std::string("http-01: dns: no A record"));
    BOOST_TEST(problem_from_json("http-01", Json::object()).what() ==
               std::string("http-01: refused without a reason"));
    BOOST_TEST(problem_from_json("http-01", Json("text")).type == "");
}

BOOST_AUTO_TEST_SUITE_END()
