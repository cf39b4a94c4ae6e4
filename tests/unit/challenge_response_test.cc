// SPDX-License-Identifier: MIT
#include "server/challenge_response.h"

#include "base/error.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

using namespace acmeproxy;

namespace {

const std::string token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const std::string prefix = "/.well-known/acme-challenge/";

struct Spool {
    TempDir temp;
    std::string folder = temp.path() + "/challenges/";

    Spool()
    {
        temp.dir().make_dir("challenges", 0755);
        put(token, token + ".thumbprint");
    }
    void put(const std::string &name, const std::string &content) const
    {
        std::ofstream(folder + name, std::ios::binary) << content;
    }
    CgiResponse get(const std::string &path) const
    {
        return challenge_response("GET", path, temp.path());
    }
};

std::string header(const CgiResponse &response, const std::string &name)
{
    for (const auto &[key, value] : response.headers)
        if (key == name)
            return value;
    return "";
}

std::string error_of(const Spool &spool, const std::string &name)
{
    try {
        spool.get(prefix + name);
        return "no error";
    } catch (const std::exception &e) {
        return describe(e);
    }
}

}

BOOST_AUTO_TEST_SUITE(challenge_response_test)

BOOST_FIXTURE_TEST_CASE(a_token_is_answered_byte_by_byte, Spool)
{
    for (const std::string content : {"a.b", "", "no\nend", "an end\n"}) {
        put("t", content);
        const CgiResponse response = get(prefix + "t");
        BOOST_TEST(response.status == 200);
        BOOST_TEST(response.body == content);
        BOOST_TEST(header(response, "Content-Type") == "application/octet-stream");
    }
}

BOOST_AUTO_TEST_CASE(tokens_are_base64url_of_some_length)
{
    for (const std::string good : {"a", "-", "_", "AZaz09-_", token.c_str()})
        BOOST_TEST(can_be_token(good), good);
    BOOST_TEST(can_be_token(std::string(128, 'x')));
    BOOST_TEST(!can_be_token(std::string(129, 'x')));
    for (const std::string bad : {"", ".", "..", "a.b", "a/b", "a=", "a+b", " a", "a ", "a%2fb",
                                  "..%2fx", "a\n", "\xc3\xa4", "a~", "a@", "a[", "a`", "a{", "a:"})
        BOOST_TEST(!can_be_token(bad), bad);
    BOOST_TEST(!can_be_token(std::string("a\0b", 3)));
    BOOST_TEST(!can_be_token(std::string("a\0", 2)));
}

BOOST_FIXTURE_TEST_CASE(each_request_has_its_status_and_a_short_text, Spool)
{
    const struct {
        const char *method;
        std::string path;
        int status;
        const char *text;
    } table[] = {
        {"HEAD", prefix + token, 200, nullptr},
        {"GET", prefix + "unknown", 404, "this token is not known\n"},
        {"GET", prefix, 400, "this cannot be a token\n"},
        {"GET", prefix + "..", 400, "this cannot be a token\n"},
        {"GET", prefix + "../cas", 400, "this cannot be a token\n"},
        {"GET", prefix + "/" + token, 400, "this cannot be a token\n"},
        {"GET", prefix + token + "/", 400, "this cannot be a token\n"},
        {"GET", prefix + "..%2fcas", 400, "this cannot be a token\n"},
        {"GET", prefix + "a%00b", 400, "this cannot be a token\n"},
        {"GET", "/.well-known/acme-challenge", 404, "only challenges are answered here\n"},
        {"GET", "/" + token, 404, "only challenges are answered here\n"},
        {"GET", "", 404, "only challenges are answered here\n"},
        {"GET", "/x" + prefix + token, 404, "only challenges are answered here\n"},
        {"POST", prefix + token, 405, "only GET and HEAD are answered here\n"},
        {"get", prefix + token, 405, "only GET and HEAD are answered here\n"},
        {"OPTIONS", "*", 405, "only GET and HEAD are answered here\n"},
        {"", prefix + token, 405, "only GET and HEAD are answered here\n"},
    };
    for (const auto &row : table) {
        BOOST_TEST_CONTEXT(row.method << " " << row.path)
        {
            const CgiResponse response = challenge_response(row.method, row.path, temp.path());
            BOOST_TEST(response.status == row.status);
            if (row.text) {
                BOOST_TEST(response.body == row.text);
                BOOST_TEST(header(response, "Content-Type") == "text/plain");
            }
            BOOST_TEST(header(response, "Allow") == (row.status == 405 ? "GET, HEAD" : ""));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_no_regular_file_is_not_known, Spool)
{
    put("secret", "secret");
    BOOST_REQUIRE(::symlink("secret", (folder + "link").c_str()) == 0);
    BOOST_REQUIRE(::symlink("/nowhere", (folder + "dangling").c_str()) == 0);
    BOOST_REQUIRE(::mkfifo((folder + "fifo").c_str(), 0644) == 0);
    BOOST_REQUIRE(::mkdir((folder + "folder").c_str(), 0755) == 0);
    for (const char *name : {"link", "dangling", "fifo", "folder"})
        BOOST_TEST(get(prefix + name).status == 404, name);
}

BOOST_FIXTURE_TEST_CASE(a_file_may_have_a_kilobyte_and_no_more, Spool)
{
    put("full", std::string(1024, 'x'));
    put("fat", std::string(1025, 'x'));
    BOOST_TEST(get(prefix + "full").body.size() == 1024u);
    BOOST_TEST(error_of(*this, "fat") ==
               "read " + folder + "fat: larger than any key authorization");
}

BOOST_FIXTURE_TEST_CASE(a_spool_that_is_not_there_has_no_tokens, Spool)
{
    BOOST_TEST(challenge_response("GET", prefix + token, temp.path() + "/none").status == 404);
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_here_is_said_with_the_name_of_the_file, Spool)
{
    temp.dir().remove_tree("challenges");
    std::ofstream(temp.path() + "/challenges") << "a file";
    BOOST_TEST(error_of(*this, token) == "open " + folder + token + ": Not a directory");
}

BOOST_AUTO_TEST_CASE(a_relative_spool_is_refused)
{
    for (const std::string spool : {"", "spool", "./spool"})
        BOOST_CHECK_EXCEPTION(
            challenge_response("GET", prefix + token, spool), Error, [&](const Error &e) {
                return e.what() == "find the spool " + spool + ": not an absolute path";
            });
}

BOOST_AUTO_TEST_CASE(stateless_every_token_has_its_key_authorization)
{
    const std::string thumbprint = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
    for (const char *method : {"GET", "HEAD"}) {
        const CgiResponse response = stateless_response(method, prefix + token, thumbprint);
        BOOST_TEST(response.status == 200);
        BOOST_TEST(response.body == token + "." + thumbprint);
        BOOST_TEST(header(response, "Content-Type") == "application/octet-stream");
    }
    BOOST_TEST(stateless_response("GET", prefix + "a.b", thumbprint).status == 400);
    BOOST_TEST(stateless_response("GET", prefix, thumbprint).status == 400);
    BOOST_TEST(stateless_response("GET", "/" + token, thumbprint).status == 404);
    BOOST_TEST(stateless_response("POST", prefix + token, thumbprint).status == 405);
}

BOOST_AUTO_TEST_CASE(stateless_what_is_no_thumbprint_is_said)
{
    const std::string sound(43, 'x');
    for (const std::string &bad : std::initializer_list<std::string>{
             std::string(42, 'x'), sound + "x", "." + sound.substr(1), sound.substr(1) + "\n"})
        BOOST_CHECK_EXCEPTION(
            stateless_response("GET", prefix + token, bad), Error, [](const Error &e) {
                return std::string(e.what()).starts_with("ACMEPROXY_THUMBPRINT is not what");
            });
}

BOOST_AUTO_TEST_SUITE_END()
