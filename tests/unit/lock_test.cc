// SPDX-License-Identifier: MIT
#include "base/lock.h"

#include "base/error.h"
#include "unit/temp_dir.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>

using namespace acmeproxy;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(lock_test)

BOOST_AUTO_TEST_CASE(one_holds_it_at_a_time)
{
    const TempDir temp;
    auto first = Lock::take(temp.dir(), "lock");
    BOOST_TEST(first.has_value());
    BOOST_TEST(!Lock::take(temp.dir(), "lock"));
    BOOST_TEST(Lock::take(temp.dir(), "other").has_value());
    first.reset();
    BOOST_TEST(Lock::take(temp.dir(), "lock").has_value());
}

BOOST_AUTO_TEST_CASE(file_is_made_private_and_stays)
{
    const TempDir temp;
    const mode_t before = ::umask(0);
    Lock::take(temp.dir(), "lock");
    ::umask(before);
    BOOST_TEST_REQUIRE(temp.dir().exists("lock"));
    BOOST_TEST((temp.dir().status("lock")->st_mode & 07777U) == 0600U);
    const ino_t inode = temp.dir().status("lock")->st_ino;
    Lock::take(temp.dir(), "lock");
    BOOST_TEST(temp.dir().status("lock")->st_ino == inode);
}

BOOST_AUTO_TEST_CASE(moved_lock_is_still_held)
{
    const TempDir temp;
    auto first = Lock::take(temp.dir(), "lock");
    const Lock second = std::move(*first);
    first.reset();
    BOOST_TEST(!Lock::take(temp.dir(), "lock"));
}

BOOST_AUTO_TEST_CASE(waiting_ends_when_the_lock_is_free_or_at_the_limit)
{
    const TempDir temp;
    auto held = Lock::take(temp.dir(), "lock");
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!Lock::take(temp.dir(), "lock", 100ms));
    BOOST_TEST((std::chrono::steady_clock::now() - begin >= 100ms));

    std::thread holder([lock = std::move(*held)]() mutable {
        const Lock mine = std::move(lock);
        std::this_thread::sleep_for(150ms);
    });
    held.reset();
    BOOST_TEST(Lock::take(temp.dir(), "lock", 20s).has_value());
    holder.join();
}

BOOST_AUTO_TEST_CASE(threads_exclude_each_other)
{
    const TempDir temp;
    std::atomic<int> inside{0}, most{0}, turns{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            const auto lock = Lock::take(temp.dir(), "lock", 20s);
            if (!lock)
                return;
            const int now = ++inside;
            most = std::max(most.load(), now);
            std::this_thread::sleep_for(5ms);
            --inside;
            ++turns;
        });
    for (std::thread &thread : threads)
        thread.join();
    BOOST_TEST(most == 1);
    BOOST_TEST(turns == 6);
}

BOOST_AUTO_TEST_CASE(killed_process_gives_it_back)
{
    const TempDir temp;
    int ready[2];
    BOOST_TEST_REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const auto lock = Lock::take(temp.dir(), "lock");
        const char answer = lock ? 'y' : 'n';
        [[maybe_unused]] const ssize_t written = ::write(ready[1], &answer, 1);
        for (;;)
            ::pause();
    }
    char answer = 0;
    BOOST_TEST(::read(ready[0], &answer, 1) == 1);
    BOOST_TEST(answer == 'y');
    BOOST_TEST(!Lock::take(temp.dir(), "lock"));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    BOOST_TEST(Lock::take(temp.dir(), "lock").has_value());
    ::close(ready[0]);
    ::close(ready[1]);
}

BOOST_AUTO_TEST_CASE(link_or_folder_in_its_place_is_an_error)
{
    const TempDir temp;
    temp.dir().make_link("elsewhere", "link");
    temp.dir().make_dir("folder", 0700);
    BOOST_CHECK_THROW(Lock::take(temp.dir(), "link"), std::system_error);
    BOOST_TEST(!temp.dir().exists("elsewhere"));
    BOOST_CHECK_THROW(Lock::take(temp.dir(), "folder"), std::system_error);
    BOOST_CHECK_EXCEPTION(Lock::take(temp.dir(), "missing/lock"), std::system_error,
                          [&](const std::system_error &e) {
                              return describe(e) == "open " + temp.path() +
                                                        "/missing/lock: No such file or directory";
                          });
}

BOOST_AUTO_TEST_SUITE_END()
