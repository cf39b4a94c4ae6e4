// SPDX-License-Identifier: MIT
#include "json/json.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>

using namespace acmeproxy;

namespace {

std::string nested(int depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

std::string nested_objects(int depth)
{
    std::string text;
    for (int i = 0; i < depth; ++i)
        text += "{\"a\":";
    return text + "1" + std::string(depth, '}');
}

/// What parse() says about a text, or "accepted".
std::string verdict(std::string_view text)
{
    try {
        Json::parse(text);
        return "accepted";
    } catch (const JsonError &e) {
        return e.what();
    }
}

/// What a look at a member says, or "accepted".
template <class Look> std::string verdict_of(const Look &look)
{
    try {
        look();
        return "accepted";
    } catch (const JsonError &e) {
        return e.what();
    }
}

using namespace std::string_view_literals;

struct Bad {
    std::string_view text;
    std::string_view error;
};

constexpr Bad bad_texts[] = {
    {"", "expected a value at byte 0"},
    {" \n", "expected a value at byte 2"},
    {"\0"sv, "expected a value at byte 0"},
    {"\xEF\xBB\xBF{}", "expected a value at byte 0"},
    {"{} x", "unexpected text after the value at byte 3"},
    {"{}{}", "unexpected text after the value at byte 2"},
    {"{}\0"sv, "unexpected text after the value at byte 2"},
    {"1\v", "unexpected text after the value at byte 1"},
    {"1\x01", "unexpected text after the value at byte 1"},
    {"\f1", "expected a value at byte 0"},
    {"[1,]", "expected a value at byte 3"},
    {"[,1]", "expected a value at byte 1"},
    {"[1 2]", "expected ']' at byte 3"},
    {"[1", "expected ']' at byte 2"},
    {"[", "expected a value at byte 1"},
    {"]", "expected a value at byte 0"},
    {"{", "expected a member name at byte 1"},
    {"{,}", "expected a member name at byte 1"},
    {"{\"a\":1,}", "expected a member name at byte 7"},
    {"{a:1}", "expected a member name at byte 1"},
    {"{'a':1}", "expected a member name at byte 1"},
    {"{1:1}", "expected a member name at byte 1"},
    {"{\"a\" 1}", "expected ':' at byte 5"},
    {"{\"a\":}", "expected a value at byte 5"},
    {"{\"a\":1 \"b\":2}", "expected '}' at byte 7"},
    {"{\"a\":1", "expected '}' at byte 6"},
    {"{\"a\":1]", "expected '}' at byte 6"},
    {"{/**/}", "expected a member name at byte 1"},
    {"// x\n1", "expected a value at byte 0"},
    {"True", "expected a value at byte 0"},
    {"tru", "expected a value at byte 0"},
    {"truex", "unexpected text after the value at byte 4"},
    {"nul", "expected a value at byte 0"},
    {"NaN", "expected a value at byte 0"},
    {"nan", "expected a value at byte 0"},
    {"Infinity", "expected a value at byte 0"},
    {"-Infinity", "ill-formed number at byte 0"},
    {"inf", "expected a value at byte 0"},
    {"-", "ill-formed number at byte 0"},
    {"+1", "expected a value at byte 0"},
    {"01", "unexpected text after the value at byte 1"},
    {"-01", "unexpected text after the value at byte 2"},
    {"1.", "ill-formed number at byte 0"},
    {".5", "expected a value at byte 0"},
    {"1e", "ill-formed number at byte 0"},
    {"1e+", "ill-formed number at byte 0"},
    {"1e+-1", "ill-formed number at byte 0"},
    {"0x10", "unexpected text after the value at byte 1"},
    {"1_000", "unexpected text after the value at byte 1"},
    {"[9007199254740993]", "number out of range at byte 1"},
    {"-9007199254740993", "number out of range at byte 0"},
    {"18446744073709551616", "number out of range at byte 0"},
    {"99999999999999999999999999999999999999999999999999999999999999999999",
     "number out of range at byte 0"},
    {"0.1000000000000000000000000000000000000000000000000000000000000000001",
     "number out of range at byte 0"},
    {"1e400", "number out of range at byte 0"},
    {"-1e400", "number out of range at byte 0"},
    {"\"", "string without an end at byte 0"},
    {"[\"abc]", "string without an end at byte 1"},
    {"\"abc\\", "unknown escape at byte 4"},
    {"\"\\\"", "string without an end at byte 0"},
    {"\"a\nb\"", "control character in a string at byte 2"},
    {"\"a\tb\"", "control character in a string at byte 2"},
    {"\"a\0b\"", "string without an end at byte 0"},
    {"\"a\0b\""sv, "control character in a string at byte 2"},
    {"\"\x1f\"", "control character in a string at byte 1"},
    {"\"\\u0000\"", "NUL in a string at byte 1"},
    {"\"\\u00\"", "unknown escape at byte 1"},
    {"\"\\u00g0\"", "unknown escape at byte 1"},
    {"\"\\u-001\"", "unknown escape at byte 1"},
    {"\"\\u 041\"", "unknown escape at byte 1"},
    {"\"\\x41\"", "unknown escape at byte 1"},
    {"\"\\'\"", "unknown escape at byte 1"},
    {"\"\\\0\""sv, "unknown escape at byte 1"},
    {"\"\\U0041\"", "unknown escape at byte 1"},
    {"\"\\ud800\"", "lone surrogate at byte 1"},
    {"\"\\ud800x\"", "lone surrogate at byte 1"},
    {"\"\\ud800\\n\"", "lone surrogate at byte 1"},
    {"\"\\ud800\\u0041\"", "lone surrogate at byte 1"},
    {"\"\\ud800\\ud800\"", "lone surrogate at byte 1"},
    {"\"\\udc00\"", "lone surrogate at byte 1"},
    {"\"\\udfff\\ud800\"", "lone surrogate at byte 1"},
    {"\"\xff\"", "string that is not UTF-8 at byte 0"},
    {"\"\xc3\"", "string that is not UTF-8 at byte 0"},
    {"\"\xc0\x80\"", "string that is not UTF-8 at byte 0"},
    {"\"\xe0\x80\x80\"", "string that is not UTF-8 at byte 0"},
    {"\"\xed\xa0\x80\"", "string that is not UTF-8 at byte 0"},
    {"\"\xf4\x90\x80\x80\"", "string that is not UTF-8 at byte 0"},
    {"{\"\xff\":1}", "string that is not UTF-8 at byte 1"},
    {"\xff", "expected a value at byte 0"},
    {"{\"a\":1,\"a\":1}", "member \"a\" for the second time at byte 7"},
    {"{\"a\":1,\"b\":2,\"\\u0061\":1}", "member \"a\" for the second time at byte 13"},
    {"{\"\":1,\"\":1}", "member \"\" for the second time at byte 6"},
    {"[{\"x\":{\"y\":1}},{\"a\":{\"b\":1,\"b\":2}}]",
     "member \"b\" for the second time at byte 27"},
};

struct Good {
    std::string_view text;
    std::string_view written;
};

constexpr Good good_texts[] = {
    {"null", "null"},
    {" \t\r\n true \t\r\n ", "true"},
    {"false", "false"},
    {"0", "0"},
    {"-0", "0"},
    {"-12", "-12"},
    {"9007199254740992", "9007199254740992"},
    {"9007199254740991", "9007199254740991"},
    {"-9007199254740992", "-9007199254740992"},
    {"1790000000123", "1790000000123"},
    {"1.5", "1.5"},
    {"1.0", "1"},
    {"1E2", "100"},
    {"1e-2", "0.01"},
    {"0.1", "0.1"},
    {"1e300", "1e+300"},
    {"5e-324", "5e-324"},
    {"\"\"", "\"\""},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"\"\\u0001\\u001f\\u007f\"", "\"\\u0001\\u001f\x7f\""},
    {"\"\\u00e9\\u20ac\\ud83d\\uDE00\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\"\xf4\x8f\xbf\xbf\"", "\"\xf4\x8f\xbf\xbf\""},
    {"[]", "[]"},
    {"{}", "{}"},
    {"[1,[2,[]],{}]", "[1,[2,[]],{}]"},
    {"{\"z\":1,\"a\":{\"y\":2},\"m\":[true,null]}", "{\"z\":1,\"a\":{\"y\":2},\"m\":[true,null]}"},
    {"{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}"},
    {"{\"\":1}", "{\"\":1}"},
    {"{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":1}}}"},
};

}

BOOST_AUTO_TEST_SUITE(json_test)

BOOST_AUTO_TEST_CASE(bad_text_is_refused_with_its_place)
{
    for (const Bad &bad : bad_texts)
        BOOST_TEST(verdict(bad.text) == bad.error, bad.text << ": " << verdict(bad.text));
}

BOOST_AUTO_TEST_CASE(good_text_is_read_and_written)
{
    for (const Good &good : good_texts) {
        BOOST_TEST_CONTEXT(good.text)
        {
            const Json json = Json::parse(good.text);
            BOOST_TEST(json.to_text() == good.written);
            BOOST_TEST((Json::parse(json.to_pretty_text()) == json));
        }
    }
}

BOOST_AUTO_TEST_CASE(sixteen_levels_are_the_most)
{
    BOOST_TEST(verdict(nested(16)) == "accepted");
    BOOST_TEST(verdict(nested(17)) == "nested deeper than 16 at byte 16");
    BOOST_TEST(verdict(nested_objects(16)) == "accepted");
    BOOST_TEST(verdict(nested_objects(17)) == "nested deeper than 16 at byte 80");
    BOOST_TEST(verdict(std::string(1000000, '[')) == "nested deeper than 16 at byte 16");
}

BOOST_AUTO_TEST_CASE(a_text_need_not_end_in_a_nul)
{
    const std::string text = "{\"a\":12345}";
    BOOST_TEST(verdict(std::string_view(text).substr(5, 3)) == "accepted");
    BOOST_TEST(*Json::parse(std::string_view(text).substr(5, 3)).as_int() == 123);
}

BOOST_AUTO_TEST_CASE(many_members_take_no_quadratic_time)
{
    std::string text = "{\"m\":0";
    for (int i = 0; i < 100000; ++i)
        text += ",\"m" + std::to_string(i) + "\":0";
    BOOST_TEST(Json::parse(text + "}").as_object()->size() == 100001u);
    BOOST_TEST(verdict(text + ",\"m77\":0}") ==
               "member \"m77\" for the second time at byte " + std::to_string(text.size() + 1));
}

BOOST_AUTO_TEST_CASE(names_are_compared_exactly)
{
    const Json json = Json::parse("{\"Status\":1,\"status\":2}");
    BOOST_TEST(json.int_at("status") == 2);
    BOOST_TEST(json.find("STATUS") == nullptr);
}

BOOST_AUTO_TEST_CASE(members_are_read_by_type)
{
    const Json json = Json::parse(R"({"s":"x","i":7,"f":1.5,"b":true,"a":["p","q"],"o":{"k":1},)"
                                  R"("n":null,"m":[1]})");
    BOOST_TEST(json.string_at("s") == "x");
    BOOST_TEST(json.int_at("i") == 7);
    BOOST_TEST(json.bool_at("b"));
    BOOST_TEST(json.array_at("m").size() == 1u);
    BOOST_TEST(json.object_at("o").int_at("k") == 1);
    BOOST_TEST(json.strings_at("a") == (std::vector<std::string>{"p", "q"}),
               boost::test_tools::per_element());
    BOOST_TEST(*json.find("f")->as_double() == 1.5);
    BOOST_TEST(*json.find("i")->as_double() == 7);
    BOOST_TEST(!json.find("f")->as_int());
    BOOST_TEST(!json.find("s")->as_bool());
    BOOST_TEST(json.find("n")->is_null());
    BOOST_TEST(json.find("s")->find("x") == nullptr);
    BOOST_TEST(json.string_or("s", "y") == "x");
    BOOST_TEST(json.int_or("i", 1) == 7);
    BOOST_TEST(json.bool_or("b", false));
    BOOST_TEST(json.strings_or_none("a").size() == 2u);
}

BOOST_AUTO_TEST_CASE(missing_and_null_members_give_the_default)
{
    const Json json = Json::parse(R"({"n":null})");
    for (const std::string_view name : {"n", "none"}) {
        BOOST_TEST(json.string_or(name, "y") == "y");
        BOOST_TEST(json.int_or(name, 5) == 5);
        BOOST_TEST(json.bool_or(name, true));
        BOOST_TEST(json.strings_or_none(name).empty());
    }
}

BOOST_AUTO_TEST_CASE(a_member_of_another_type_is_refused_by_name)
{
    const Json json = Json::parse(R"({"s":"x","f":1.5,"m":["a",1],"n":null})");
    const std::pair<std::string, std::string> cases[] = {
        {verdict_of([&] { json.string_at("x"); }), "member \"x\" is missing"},
        {verdict_of([&] { json.string_at("f"); }), "member \"f\" is not a string"},
        {verdict_of([&] { json.string_at("n"); }), "member \"n\" is not a string"},
        {verdict_of([&] { json.int_at("f"); }), "member \"f\" is not an integer"},
        {verdict_of([&] { json.int_at("s"); }), "member \"s\" is not an integer"},
        {verdict_of([&] { json.bool_at("s"); }), "member \"s\" is not true or false"},
        {verdict_of([&] { json.array_at("s"); }), "member \"s\" is not an array"},
        {verdict_of([&] { json.object_at("s"); }), "member \"s\" is not an object"},
        {verdict_of([&] { json.object_at("x"); }), "member \"x\" is missing"},
        {verdict_of([&] { json.strings_at("m"); }), "member \"m\" is not an array of strings"},
        {verdict_of([&] { json.string_or("f", ""); }), "member \"f\" is not a string"},
        {verdict_of([&] { json.int_or("s", 0); }), "member \"s\" is not an integer"},
        {verdict_of([&] { json.bool_or("s", true); }), "member \"s\" is not true or false"},
        {verdict_of([&] { json.strings_or_none("s"); }), "member \"s\" is not an array"},
    };
    for (const auto &[said, expected] : cases)
        BOOST_TEST(said == expected);
    BOOST_TEST(verdict_of([&] { Json(1).string_at("x"); }) == "member \"x\" is missing");
}

BOOST_AUTO_TEST_CASE(values_are_built_in_order)
{
    Json json = Json::object();
    json.set("z", 1).set("a", "text").set("list", Json::strings({"p", "q"}));
    json.set("z", true).set("o", Json::object().set("n", Json()));
    json.set("big", std::int64_t{1790000000}).set("half", Json::number(0.5));
    BOOST_TEST(json.to_text() == R"({"z":true,"a":"text","list":["p","q"],"o":{"n":null},)"
                                 R"("big":1790000000,"half":0.5})");
    Json list = Json::array();
    list.push("x").push(2).push(Json::array());
    BOOST_TEST(list.to_text() == R"(["x",2,[]])");
    const Json copy = json;
    json.set("z", false);
    BOOST_TEST(copy.bool_at("z"));
    BOOST_TEST((copy != json));
}

BOOST_AUTO_TEST_CASE(pretty_text_is_indented_and_ends_its_line)
{
    BOOST_TEST(Json::object().set("a", 1).set("b", "x").to_pretty_text() ==
               "{\n\t\"a\":\t1,\n\t\"b\":\t\"x\"\n}\n");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_is_not_written)
{
    Json deep;
    for (int i = 0; i < 17; ++i)
        deep = Json(Json::Array{deep});
    const std::pair<Json, std::string> cases[] = {
        {Json("a\0b"sv), "text with a NUL cannot be written as JSON"},
        {Json("\xff"), "text that is not UTF-8 cannot be written as JSON"},
        {Json::object().set("\xff", 1), "text that is not UTF-8 cannot be written as JSON"},
        {Json(std::int64_t{9007199254740993}), "number out of range cannot be written as JSON"},
        {Json(std::int64_t{-9007199254740993}), "number out of range cannot be written as JSON"},
        {deep, "nested too deep to be written as JSON"},
    };
    for (const auto &[json, error] : cases) {
        const Json &value = json;
        BOOST_TEST(verdict_of([&] { value.to_text(); }) == error);
        BOOST_TEST(verdict_of([&] { value.to_pretty_text(); }) == error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
