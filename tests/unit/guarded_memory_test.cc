// SPDX-License-Identifier: MIT
// After a sealed key was made, nothing of it is in this process: its memory is searched for what
// only the sealed file still tells.
#include "crypto/guarded_memory.h"

#include "base/text.h"
#include "crypto/age_bundle.h"
#include "crypto/csr.h"
#include "unit/age_samples.h"
#include "unit/memory_scan.h"

#include <boost/test/unit_test.hpp>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <thread>

using namespace acmeproxy;

namespace {

struct Made {
    std::string sealed;
    std::string begun;
    std::string request;
};

/// As the renewer does it (renew/lineage_key.cc).
Made make_key(KeyType type, const AgeRecipient &recipient)
{
    const GuardedSection guarded;
    const PrivateKey key = PrivateKey::generate(type);
    const Secret pem = key.to_pem();
    return {age_seal({recipient}, pem.view()), begin_bundle({recipient}, pem.view()),
            Csr::make(key, {Identifier::parse("a.example")}).pem()};
}

/// All writable memory of this process, as a file that is not part of it.
Fd snapshot()
{
    Fd file(::memfd_create("snapshot", MFD_CLOEXEC));
    const Fd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    static char chunk[1 << 16];
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long at = 0;
        unsigned long end = 0;
        char mode[5] = "";
        std::sscanf(line.c_str(), "%lx-%lx %4s", &at, &end, mode);
        if (mode[1] != 'w' || end - at > (256UL << 20))
            continue;
        for (; at < end; at += sizeof chunk) {
            const auto wanted = std::min<unsigned long>(sizeof chunk, end - at);
            const ssize_t n = ::pread(memory.get(), chunk, wanted, static_cast<off_t>(at));
            BOOST_TEST_REQUIRE(::write(file.get(), chunk, n > 0 ? std::size_t(n) : 0) >= 0);
        }
    }
    return file;
}

bool is_in(const Fd &file, std::string_view needle)
{
    std::string chunk(1 << 20, '\0');
    off_t at = 0;
    for (;;) {
        const ssize_t n = ::pread(file.get(), chunk.data(), chunk.size(), at);
        if (n <= 0)
            return false;
        if (std::string_view(chunk).substr(0, std::size_t(n)).find(needle) !=
            std::string_view::npos)
            return true;
        if (std::size_t(n) < chunk.size())
            return false;
        at += n - static_cast<ssize_t>(needle.size());
    }
}

std::string der_of(std::string_view pem)
{
    std::string body;
    for (const std::string &line : split(pem, '\n'))
        body += line.starts_with("-----") ? "" : line;
    return base64_decode(body).value();
}

/// Where in PKCS #8 the secret numbers are: of an EC key, from 36 on; of an RSA key, behind n and e
/// to the end, where an encoder's last block is.
std::vector<std::size_t> secret_places(KeyType type, std::size_t size)
{
    if (type == KeyType::ec256 || type == KeyType::ec384)
        return {40, 48};
    std::vector<std::size_t> places;
    for (std::size_t at = 330; at + 16 < size; at += 50)
        places.push_back(at);
    places.push_back(size - 16);
    return places;
}

/// What the kernel says of the pages where `address` is: "rd wr mr mw me lo dd" and the like.
std::string flags_of(const void *address)
{
    std::ifstream maps("/proc/self/smaps");
    bool is_here = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
            is_here = begin <= reinterpret_cast<unsigned long>(address) &&
                      reinterpret_cast<unsigned long>(address) < end;
        if (is_here && line.starts_with("VmFlags:"))
            return line.substr(8) + " ";
    }
    return "(not mapped)";
}

bool has_flag(const void *address, const std::string &flag)
{
    return flags_of(address).find(" " + flag + " ") != std::string::npos;
}

std::string reversed(std::string_view text)
{
    return {text.rbegin(), text.rend()};
}

}

BOOST_AUTO_TEST_SUITE(guarded_memory_test)

BOOST_AUTO_TEST_CASE(nothing_of_a_sealed_key_is_left_in_memory)
{
    const AgeSample sample;
    for (const KeyType type : {KeyType::ec256, KeyType::ec384, KeyType::rsa2048}) {
        Made made;
        // As a worker of a pass, whose stack goes on being there.
        made = make_key(type, sample.identity.recipient());
        const Fd memory = snapshot();
        BOOST_TEST(is_in(memory, std::string_view(made.sealed).substr(200, 60)));
        const Secret pem = age_open(sample.one(), made.sealed);
        const std::string der = der_of(pem.view());
        for (const std::size_t at : secret_places(type, der.size())) {
            const std::string_view part = std::string_view(der).substr(at, 16);
            BOOST_TEST(!is_in(memory, part), to_text(type) << ": bytes at " << at);
            BOOST_TEST(!is_in(memory, reversed(part)), to_text(type) << ": words at " << at);
        }
        BOOST_TEST(!is_in(memory, pem.view().substr(90, 24)), to_text(type) << ": PEM");
    }
}

BOOST_AUTO_TEST_CASE(the_search_finds_a_key_that_is_there)
{
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Fd memory = snapshot();
    const std::string der = der_of(key.to_pem().view());
    const std::string_view part = std::string_view(der).substr(40, 16);
    BOOST_TEST((is_in(memory, part) || is_in(memory, reversed(part))));
}

BOOST_AUTO_TEST_CASE(in_a_guarded_section_openssl_allocates_from_the_locked_heap)
{
    BOOST_TEST_REQUIRE(::CRYPTO_secure_malloc_initialized() == 1);
    void *outside = OPENSSL_malloc(100);
    BOOST_TEST(::CRYPTO_secure_allocated(outside) == 0);
    void *inside = nullptr;
    {
        const GuardedSection guarded;
        inside = OPENSSL_malloc(100);
        outside = OPENSSL_realloc(outside, 1000);
        std::thread([] {
            void *other = OPENSSL_malloc(100);
            BOOST_TEST(::CRYPTO_secure_allocated(other) == 0);
            OPENSSL_free(other);
        }).join();
    }
    BOOST_TEST(::CRYPTO_secure_allocated(inside) == 1);
    BOOST_TEST(::CRYPTO_secure_allocated(outside) == 1);
    OPENSSL_free(inside);
    OPENSSL_free(outside);
}

/// A sanitizer answers mlock itself, and locks nothing; nor does a limit of 0.
bool memory_can_be_locked()
{
    const std::size_t size = 4096;
    void *page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BOOST_TEST_REQUIRE(page != MAP_FAILED);
    const bool is_locked = ::mlock(page, size) == 0 && has_flag(page, "lo");
    ::munmap(page, size);
    return is_locked;
}

BOOST_AUTO_TEST_CASE(secrets_lie_where_nothing_is_swapped_or_dumped)
{
    const bool can_be_locked = memory_can_be_locked();
    const Secret small("a password");
    const Secret large = Secret::of_size(100000);
    const GuardedSection guarded;
    void *of_openssl = OPENSSL_malloc(100);
    for (const void *where : {static_cast<const void *>(small.view().data()),
                              static_cast<const void *>(large.view().data()),
                              static_cast<const void *>(large.view().data() + 99999),
                              static_cast<const void *>(of_openssl)}) {
        BOOST_TEST((has_flag(where, "lo") || !can_be_locked), flags_of(where)); // locked
        BOOST_TEST(has_flag(where, "dd"), flags_of(where)); // left out of a core file
    }
    OPENSSL_free(of_openssl);
    const std::string ordinary(100000, 'x');
    BOOST_TEST(!has_flag(ordinary.data(), "lo"));
    BOOST_TEST(!has_flag(ordinary.data(), "dd"));
}

BOOST_AUTO_TEST_CASE(a_full_heap_is_no_failure)
{
    const GuardedSection guarded;
    std::vector<void *> blocks;
    for (int i = 0; i < 40; ++i)
        blocks.push_back(OPENSSL_malloc(100000));
    for (void *block : blocks) {
        BOOST_TEST(block != nullptr);
        OPENSSL_free(block);
    }
}

BOOST_AUTO_TEST_SUITE_END()
