// SPDX-License-Identifier: MIT
#include "crypto/age_payload.h"

#include "base/random.h"
#include "unit/age_samples.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const std::string full(65536, 'x');

}

BOOST_AUTO_TEST_SUITE(age_payload_test)

BOOST_AUTO_TEST_CASE(what_was_sealed_is_opened_at_all_sizes_around_a_chunk)
{
    const AgeSample sample;
    for (const std::size_t size : {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 200000}) {
        const std::string text = random_bytes(size);
        for (const AgeForm form : {AgeForm::binary, AgeForm::armored}) {
            const std::string file = age_seal({sample.identity.recipient()}, text, form);
            for (const std::size_t step : {7UL, 4096UL, 1UL << 20}) {
                const auto opened = sample.open(file, step);
                BOOST_TEST(opened.error == "", size << ": " << opened.error);
                BOOST_TEST((opened.text == text));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_full_last_chunk_is_opened)
{
    const AgeSample sample;
    const std::string start = sample.header() + AgeSample::nonce();
    BOOST_TEST((sample.open(start + sample.chunk(0, true, full)).text == full));
    BOOST_TEST((sample.open(start + sample.chunk(0, true, full)).error == ""));
    const auto two =
        sample.open(start + sample.chunk(0, false, full) + sample.chunk(1, true, full));
    BOOST_TEST((two.text == full + full));
    BOOST_TEST(two.error == "");
    BOOST_TEST(sample.open(start + sample.chunk(0, true, "")).error == "");
}

BOOST_AUTO_TEST_CASE(a_damaged_payload_is_refused_after_what_was_sound)
{
    const AgeSample sample;
    const std::string start = sample.header() + AgeSample::nonce();
    const std::string first = sample.chunk(0, false, full);
    const std::string second = sample.chunk(1, false, full);
    const std::string last = sample.chunk(1, true, "end");
    const struct {
        std::string payload;
        std::size_t given; ///< bytes of plaintext
        const char *reason;
    } table[] = {
        {"", 0, "cut off in chunk 1"},
        {last.substr(0, 15), 0, "cut off in chunk 1"},
        {sample.chunk(0, true, "end").substr(0, 18), 0, "chunk 1 is damaged"},
        {sample.chunk(0, true, "end").substr(1), 0, "chunk 1 is damaged"},
        {first, 0, "cut off after chunk 1"},
        {sample.chunk(0, false, "short"), 0, "cut off after chunk 1"},
        {first + second, 65536, "cut off after chunk 2"},
        {first + last.substr(0, 10), 65536, "cut off in chunk 2"},
        {first + last.substr(0, 18), 65536, "chunk 2 is damaged"},
        {first + sample.chunk(1, true, ""), 65536, "last chunk is empty"},
        {first + first, 65536, "chunk 2 is damaged"},
        {last, 0, "chunk 1 is damaged"},
        {last + first, 0, "chunk 1 is damaged"},
        {second + first + sample.chunk(2, true, "end"), 0, "chunk 1 is damaged"},
        {first + sample.chunk(2, true, "end"), 65536, "chunk 2 is damaged"},
        {first + last + "x", 65536, "chunk 2 is damaged"},
        {first + last + std::string(70000, 'x'), 65536, "chunk 2 is damaged"},
        {sample.chunk(0, true, full) + "x", 0, "bytes follow the end"},
        {sample.chunk(0, true, full) + sample.chunk(1, true, "x"), 0, "bytes follow the end"},
        {sample.chunk(0, true, full) + std::string(16, 'x'), 0, "bytes follow the end"},
        {sample.chunk(0, false, "short") + last, 0, "chunk 1 is damaged"},
    };
    for (const auto &row : table) {
        const auto opened = sample.open(start + row.payload);
        BOOST_TEST(holds(opened.error, row.reason), row.payload.size() << ": " << opened.error);
        BOOST_TEST(opened.text.size() == row.given, row.reason);
    }
    for (std::size_t size = 0; size < 16; ++size)
        BOOST_TEST(sample.open(sample.header() + std::string(size, 'n')).error ==
                   "the file is cut off after its header");
}

BOOST_AUTO_TEST_CASE(two_files_of_one_text_differ)
{
    const AgeSample sample;
    const std::vector<AgeRecipient> to = {sample.identity.recipient()};
    BOOST_TEST(age_seal(to, "text") != age_seal(to, "text"));
}

BOOST_AUTO_TEST_CASE(a_failing_source_or_sink_is_no_damage)
{
    const AgeSample sample;
    const std::string error = thrown_by([&] {
        age_open(
            sample.one(), [](char *, std::size_t) -> std::size_t { throw Error("disk"); },
            [](std::string_view) {});
    });
    BOOST_TEST(error == "disk");
}

BOOST_AUTO_TEST_SUITE_END()
