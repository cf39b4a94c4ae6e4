// SPDX-License-Identifier: MIT
#include "crypto/self_signed.h"

#include "unit/test_ca.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(self_signed_test)

BOOST_AUTO_TEST_CASE(it_is_sound_for_its_one_name)
{
    for (const char *text : {"proxy.example.org", "192.0.2.1", "2001:db8::1"}) {
        for (const KeyType type : {KeyType::ec256, KeyType::rsa2048}) {
            const PrivateKey key = PrivateKey::generate(type);
            const Identifier name = Identifier::parse(text);
            const Certificate one =
                make_self_signed(key, name, TestCa::epoch, std::chrono::days(10));
            std::vector<Certificate> chain;
            chain.push_back(Certificate::from_der(one.der()));
            check_chain(chain, key.public_key(), {name}, TestCa::epoch);
            BOOST_TEST(one.is_issued_by(one));
            BOOST_TEST((one.not_before() == TestCa::epoch - std::chrono::hours(1)));
            BOOST_TEST((one.not_after() == TestCa::epoch + std::chrono::days(10)));
            BOOST_TEST(one.issuer() == one.subject());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_name_of_any_length_fits)
{
    const std::string label(60, 'a');
    const Identifier name =
        Identifier::parse(label + "." + label + "." + label + "." + label + ".example");
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Certificate one = make_self_signed(key, name, TestCa::epoch, std::chrono::days(1));
    BOOST_TEST((one.identifiers() == std::vector<Identifier>{name}));
}

BOOST_AUTO_TEST_CASE(no_two_have_the_same_number)
{
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Identifier name = Identifier::parse("a.example");
    const auto make = [&] {
        return make_self_signed(key, name, TestCa::epoch, std::chrono::days(1)).serial();
    };
    BOOST_TEST(make() != make());
}

BOOST_AUTO_TEST_SUITE_END()
