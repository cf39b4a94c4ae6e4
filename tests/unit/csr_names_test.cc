// SPDX-License-Identifier: MIT
#include "crypto/csr.h"

#include "unit/test_csr.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(csr_names_test)

BOOST_AUTO_TEST_CASE(names_are_canonical_sorted_and_once)
{
    const struct {
        WantedCsr wanted;
        std::string names;
    } rows[] = {
        {{.extensions = {{NID_subject_alt_name, "DNS:a.example"}}}, "a.example"},
        {{.extensions = {{NID_subject_alt_name, "DNS:B.Example,DNS:a.example,DNS:b.example"}}},
         "a.example, b.example"},
        {{.extensions = {{NID_subject_alt_name, "critical,DNS:a.example"}}}, "a.example"},
        {{.extensions = {{NID_subject_alt_name, "DNS:*.A.example"}}}, "*.a.example"},
        {{.extensions = {{NID_subject_alt_name, "DNS:xn--bcher-kva.example"}}},
         "xn--bcher-kva.example"},
        {{.extensions = {{NID_subject_alt_name, "IP:192.0.2.1,IP:2001:db8::1,DNS:a.example"}}},
         "a.example, 192.0.2.1, 2001:db8::1"},
        {{{"a.example"}, {{NID_subject_alt_name, "DNS:b.example,DNS:a.example"}}},
         "a.example, b.example"},
        {{{"A.EXAMPLE"}, {{NID_subject_alt_name, "DNS:a.example"}}}, "a.example"},
        {{{"2001:DB8:0::1"}, {{NID_subject_alt_name, "IP:2001:db8::1"}}}, "2001:db8::1"},
        {{{""}, {{NID_subject_alt_name, "DNS:a.example"}}}, "a.example"},
        {{{"a.example"}}, "a.example"},
        {{{"A.example"}}, "a.example"},
        {{{"192.0.2.1"}}, "192.0.2.1"},
        {{{"a.example"}, {{NID_key_usage, "digitalSignature"}}}, "a.example"},
        {{.extensions = {{NID_basic_constraints, "CA:FALSE"},
                         {NID_subject_alt_name, "DNS:a.example"},
                         {NID_ext_key_usage, "serverAuth"}}},
         "a.example"},
    };
    for (const auto &row : rows)
        BOOST_TEST(csr_names(request(row.wanted)) == row.names);
}

BOOST_AUTO_TEST_CASE(names_of_other_kinds_are_refused)
{
    const std::pair<std::string, std::string> rows[] = {
        {"email:me@a.example", "an e-mail address"},
        {"URI:https://a.example/", "a URI"},
        {"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:me@a.example", "an otherName"},
        {"RID:1.2.3.4", "a registered ID"},
        {raw_name(0xa4, hex_decode("300c310a300806035504030c0161").value()), "a directory name"},
    };
    for (const auto &[san, kind] : rows) {
        const std::string error =
            "certification request: " + kind + " instead of a DNS name or an IP address";
        BOOST_TEST(csr_error(request_for(san)) == error);
        if (!san.starts_with("DER:")) {
            BOOST_TEST(csr_error(request_for("DNS:a.example," + san)) == error);
            BOOST_TEST(csr_error(request_for(san + ",DNS:a.example")) == error);
        }
    }
    for (const auto &[nid, text] : {std::pair(NID_issuer_alt_name, "DNS:b.example"),
                                    std::pair(NID_name_constraints, "permitted;DNS:b.example")})
        BOOST_TEST(csr_error(request(
                       {.extensions = {{NID_subject_alt_name, "DNS:a.example"}, {nid, text}}})) ==
                   "certification request: it asks for names in another extension than "
                   "subjectAltName");
}

BOOST_AUTO_TEST_CASE(names_that_are_no_identifiers_are_refused)
{
    const std::string nul("a.example\0.evil.example", 23);
    const std::string bad[] = {
        raw_name(0x82, nul),
        raw_name(0x82, ""),
        raw_name(0x82, " a.example"),
        raw_name(0x82, "a.example\n"),
        raw_name(0x82, "a_b.example"),
        raw_name(0x82, "a.example."),
        raw_name(0x82, "b\xc3\xbc.example"),
        raw_name(0x82, "\xff.example"),
        raw_name(0x82, "192.0.2.1"),
        raw_name(0x82, "a.*.example"),
        raw_name(0x82, "*"),
        raw_name(0x82, "a.example,b.example"),
        raw_name(0x82, "https://a.example"),
        raw_name(0x82, std::string(64, 'a') + ".example"),
        raw_name(0x87, ""),
        raw_name(0x87, "abc"),
        raw_name(0x87, std::string(8, 'x')),
        raw_name(0x87, std::string(17, 'x')),
    };
    for (const std::string &san : bad) {
        const std::string error = csr_error(request_for(san));
        BOOST_TEST((error.starts_with("certification request: identifier \"") ||
                    error.starts_with("certification request: an IP address of ")),
                   san << ": " << error);
        BOOST_TEST(error.find('\n') == std::string::npos);
        BOOST_TEST(error.find('\0') == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(common_names_must_be_among_the_alternative_names)
{
    const std::pair<int, std::string> a{NID_subject_alt_name, "DNS:a.example"};
    const std::string begin = "certification request: ";
    const struct {
        std::vector<std::string> common_names;
        std::string error;
    } rows[] = {
        {{"b.example"}, "its common name b.example is not in its subjectAltName"},
        {{"a.example", "b.example"}, "its common name b.example is not in its subjectAltName"},
        {{"b.example", "a.example"}, "its common name b.example is not in its subjectAltName"},
        {{"192.0.2.1"}, "its common name 192.0.2.1 is not in its subjectAltName"},
        {{"*.a.example"}, "its common name *.a.example is not in its subjectAltName"},
        {{"My Router"}, "identifier \"My Router\": "},
        {{"a.example."}, "identifier \"a.example.\": not in its canonical form"},
        {{std::string("a.example\0", 10)}, "identifier \"a.example"},
    };
    for (const auto &row : rows) {
        const std::string error =
            csr_error(request({.common_names = row.common_names, .extensions = {a}}));
        BOOST_TEST(error.starts_with(begin + row.error), error);
    }
}

BOOST_AUTO_TEST_CASE(a_request_without_names_is_refused)
{
    const std::string none = "certification request: it asks for no name";
    BOOST_TEST(csr_error(request({})) == none);
    BOOST_TEST(csr_error(request({.common_names = {""}})) == none);
    BOOST_TEST(csr_error(request({.extensions = {{NID_key_usage, "digitalSignature"}}})) == none);
    BOOST_TEST(csr_error(request({.common_names = {"a.example", "b.example"}})) ==
               "certification request: it has several common names");
    // An empty sequence is not the same as none: RFC 5280 does not allow it.
    const std::string empty = "certification request: its subjectAltName is empty";
    BOOST_TEST(csr_error(request_for("DER:3000")) == empty);
    BOOST_TEST(csr_error(request({{"a.example"}, {{NID_subject_alt_name, "DER:3000"}}})) == empty);
}

BOOST_AUTO_TEST_CASE(names_in_a_second_place_are_refused)
{
    BOOST_TEST(csr_error(request({.extensions = {{NID_subject_alt_name, "DNS:a.example"},
                                                 {NID_subject_alt_name, "DNS:b.example"}}})) ==
               "certification request: it has a second subjectAltName");
    BOOST_TEST(csr_error(request({.extensions = {{NID_subject_alt_name, "DNS:a.example"}},
                                  .second_attribute = NID_ms_ext_req})) ==
               "certification request: it asks for extensions more than once");
}

BOOST_AUTO_TEST_CASE(a_request_for_extensions_with_two_values_is_refused)
{
    // SEQUENCE of one extension: subjectAltName with the DNS name "a.b".
    const std::string value = hex_decode("3010300e0603551d11040730058203612e62").value();
    const X509ReqHandle req(X509_REQ_new());
    X509_REQ_set_pubkey(req.get(), client_key().handle());
    const OpensslHandle<X509_ATTRIBUTE, X509_ATTRIBUTE_free> attribute(X509_ATTRIBUTE_create_by_NID(
        nullptr, NID_ext_req, V_ASN1_SEQUENCE, value.data(), static_cast<int>(value.size())));
    const auto signed_request = [&] {
        X509_ATTRIBUTE_free(X509_REQ_delete_attr(req.get(), 0));
        X509_REQ_add1_attr(req.get(), attribute.get());
        or_throw(X509_REQ_sign(req.get(), client_key().handle(), EVP_sha256()), "sign");
        return encode_der(i2d_X509_REQ, static_cast<const X509_REQ *>(req.get()));
    };
    BOOST_TEST(csr_names(signed_request()) == "a.b");
    X509_ATTRIBUTE_set1_data(attribute.get(), V_ASN1_SEQUENCE, value.data(),
                             static_cast<int>(value.size()));
    BOOST_TEST(csr_error(signed_request()) ==
               "certification request: it asks for extensions more than once");
}

BOOST_AUTO_TEST_CASE(damaged_names_are_refused)
{
    for (const char *san : {"DER:00", "DER:30058203", "DER:04023000", "DER:3003820161ff"})
        BOOST_TEST(csr_error(request_for(san))
                       .starts_with("certification request: read its subjectAltName: "),
                   san);
}

BOOST_AUTO_TEST_SUITE_END()
