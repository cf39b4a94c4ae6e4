// SPDX-License-Identifier: MIT
// serve_fastcgi() in a child process, with a web server of a few lines in front of it.
#include "cgi/fcgi_loop.h"

#include "base/error.h"
#include "base/fd.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>

using namespace acmeproxy;
using namespace std::chrono_literals;

namespace {

using Params = std::vector<std::pair<std::string, std::string>>;

std::string record(int type, const std::string &content)
{
    const auto size = content.size();
    const char header[8] = {
        1, static_cast<char>(type), 0, 1, static_cast<char>(size >> 8), static_cast<char>(size), 0,
        0};
    return std::string(header, sizeof header) + content;
}

std::string request_text(const Params &params, const std::string &body)
{
    constexpr int begin = 1, param = 4, in = 5;
    std::string pairs;
    for (const auto &[name, value] : params) {
        pairs += static_cast<char>(name.size());
        pairs += static_cast<char>(value.size());
        pairs += name + value;
    }
    std::string text = record(begin, std::string("\0\1\0\0\0\0\0\0", 8)) + record(param, pairs) +
                       record(param, "");
    if (!body.empty())
        text += record(in, body);
    return text + record(in, "");
}

/// The content of the FCGI_STDOUT records.
std::string output_of(std::string_view answer)
{
    constexpr char out = 6;
    std::string text;
    while (answer.size() >= 8) {
        const auto at = [&](std::size_t i) { return static_cast<unsigned char>(answer[i]); };
        const std::size_t size = at(4) * 256u + at(5);
        if (answer[1] == out)
            text += answer.substr(8, size);
        answer.remove_prefix(std::min(answer.size(), 8 + size + at(6)));
    }
    return text;
}

sockaddr_un address_of(const std::string &path)
{
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

CgiResponse echo(const CgiRequest &request)
{
    if (request.path == "/throw")
        throw Error("open the drawer: stuck");
    if (request.path == "/slow")
        std::this_thread::sleep_for(500ms);
    return {200, {{"X-Method", request.method}}, request.path + "|" + request.body};
}

enum class Descriptors { enough, too_few };

long cpu_milliseconds(pid_t pid)
{
    clockid_t clock = {};
    timespec used = {};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        throw_errno("read the processor time");
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/// The program: serve_fastcgi() on a unix socket. Its end is waited for when the test ends.
class Program {
public:
    explicit Program(int threads, Descriptors descriptors = Descriptors::enough)
    {
        const Fd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_un address = address_of(path());
        if (::bind(listening.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address))
            throw_errno("bind");
        ::listen(listening.get(), 100);
        pid_ = ::fork();
        if (pid_ == 0)
            run(listening.get(), threads, descriptors);
    }
    ~Program()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    pid_t pid() const { return pid_; }

    Fd connect() const
    {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_un address = address_of(path());
        if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
            throw_errno("connect");
        const timeval limit = {5, 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        return fd;
    }
    static void send(const Fd &fd, const std::string &text)
    {
        BOOST_REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(text.size()));
    }
    static std::string receive(const Fd &fd)
    {
        std::string answer;
        char buffer[4096];
        for (ssize_t got = 0; (got = ::read(fd.get(), buffer, sizeof buffer)) > 0;)
            answer.append(buffer, static_cast<std::size_t>(got));
        return output_of(answer);
    }
    std::string ask(const Params &params, const std::string &body = "") const
    {
        const Fd fd = connect();
        send(fd, request_text(params, body));
        return receive(fd);
    }
    std::string get(const std::string &path) const
    {
        return ask({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", path}});
    }
    /// The exit status, or -1 where the program is not gone within a second.
    int status_after(int signal)
    {
        ::kill(pid_, signal);
        for (int i = 0; i < 100; ++i) {
            int status = 0;
            if (::waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
            }
            std::this_thread::sleep_for(10ms);
        }
        return -1;
    }

private:
    std::string path() const { return temp_.path() + "/socket"; }

    [[noreturn]] static void run(int socket_fd, int threads, Descriptors descriptors)
    {
        if (descriptors == Descriptors::too_few) {
            // Three standard ones, the socket, the signals, epoll: none is left for accept(2).
            ::dup2(socket_fd, 3);
            ::close_range(4, ~0U, 0);
            socket_fd = 3;
            const rlimit limit = {6, 256};
            ::setrlimit(RLIMIT_NOFILE, &limit);
        }
        ServeOptions options;
        options.threads = threads;
        options.max_body = 100;
        serve_fastcgi(socket_fd, echo, options);
        ::_exit(7);
    }

    TempDir temp_;
    pid_t pid_ = -1;
};

constexpr int by_itself = 7;

}

BOOST_AUTO_TEST_SUITE(cgi_fcgi_loop_test)

BOOST_AUTO_TEST_CASE(requests_are_answered_one_after_another)
{
    for (const int threads : {1, 4}) {
        const Program program(threads);
        for (int i = 0; i < 5; ++i)
            BOOST_TEST(program.get("/a?b") == "Status: 200 OK\r\nX-Method: GET\r\n"
                                              "Content-Length: 3\r\n\r\n/a|");
    }
}

BOOST_AUTO_TEST_CASE(a_program_may_say_itself_that_a_body_is_of_no_use)
{
    CgiRequest request;
    request.method = "POST";
    const auto refuse = [](const CgiRequest &, int status, const std::string &why) {
        return CgiResponse{status, {{"X-Why", why}}, {}};
    };
    const auto handler = [](const CgiRequest &) { return text_response(200, "taken"); };
    request.body_state = BodyState::too_large;
    BOOST_TEST(answer(request, handler, refuse) ==
               "Status: 413 Content Too Large\r\nX-Why: the body is too large\r\n"
               "Content-Length: 0\r\n\r\n");
    request.body_state = BodyState::complete;
    BOOST_TEST(answer(request, handler, refuse).starts_with("Status: 200 OK\r\n"));
}

BOOST_AUTO_TEST_CASE(bodies_are_passed_on_or_refused)
{
    const Program program(1);
    const auto post = [&](const std::string &length, const std::string &body) {
        const std::string text = program.ask(
            {{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/p"}, {"CONTENT_LENGTH", length}}, body);
        return text.substr(8, 4) + text.substr(text.find("\r\n\r\n") + 4);
    };
    BOOST_TEST(post("5", "hello") == "200 /p|hello");
    BOOST_TEST(post("0", "") == "200 /p|");
    BOOST_TEST(post("6", "hello") == "400 the body is incomplete\n");
    BOOST_TEST(post("101", std::string(101, 'x')) == "413 the body is too large\n");
    BOOST_TEST(post("", "hello") == "411 the length of the body is missing\n");
    BOOST_TEST(post("five", "hello") == "400 the length of the body is no number\n");
}

BOOST_AUTO_TEST_CASE(an_exception_is_a_500_that_says_nothing)
{
    const Program program(1);
    const std::string text = program.get("/throw");
    BOOST_TEST(text.starts_with("Status: 500 Internal Server Error\r\n"));
    BOOST_TEST(text.ends_with("\r\n\r\nsomething is wrong on this server\n"));
    BOOST_TEST(text.find("drawer") == std::string::npos);
    BOOST_TEST(program.get("/next").ends_with("/next|"));
}

BOOST_AUTO_TEST_CASE(an_idle_program_stops_at_once)
{
    for (const int threads : {1, 4}) {
        for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
            Program program(threads);
            BOOST_TEST(program.get("/").ends_with("/|"));
            BOOST_TEST(program.status_after(signal) == by_itself);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_request_in_hand_is_answered_before_the_stop)
{
    for (const int threads : {1, 4}) {
        Program program(threads);
        Fd fd = program.connect();
        Program::send(fd, request_text({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/slow"}}, ""));
        std::this_thread::sleep_for(100ms);
        ::kill(program.pid(), SIGTERM);
        BOOST_TEST(Program::receive(fd).ends_with("/slow|"));
        fd.reset();
        BOOST_TEST(program.status_after(0) == by_itself);
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_stalls_holds_one_thread_only)
{
    const Program program(2);
    const Fd stalled = program.connect();
    Program::send(stalled, request_text({{"REQUEST_METHOD", "GET"}}, "").substr(0, 20));
    std::this_thread::sleep_for(100ms);
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(program.get("/a").ends_with("/a|"));
}

BOOST_AUTO_TEST_CASE(garbage_ends_its_connection_only)
{
    Program program(1);
    for (const std::string garbage : {"GET / HTTP/1.1\r\n\r\n", "\1\1\0\0", "\xff\xff\xff\xff"}) {
        Fd fd = program.connect();
        Program::send(fd, garbage);
        ::shutdown(fd.get(), SHUT_WR);
        BOOST_TEST(Program::receive(fd) == "");
        fd.reset();
        BOOST_TEST(program.get("/a").ends_with("/a|"));
    }
    // After such a connection libfcgi goes back to accept(2) by itself: it must not wait there.
    const Fd fd = program.connect();
    Program::send(fd, "GET / HTTP/1.1\r\n\r\n");
    ::shutdown(fd.get(), SHUT_WR);
    BOOST_TEST(Program::receive(fd) == "");
    BOOST_TEST(program.status_after(SIGTERM) == by_itself);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_to_be_kept_is_closed)
{
    const Program program(1);
    std::string text = request_text({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/a"}}, "");
    text[8 + 2] = 1; // FCGI_KEEP_CONN
    const Fd kept = program.connect();
    Program::send(kept, text);
    BOOST_TEST(program.get("/b").ends_with("/b|"));
    BOOST_TEST(Program::receive(kept).ends_with("/a|"));
}

BOOST_AUTO_TEST_CASE(want_of_descriptors_is_waited_out)
{
    Program program(1, Descriptors::too_few);
    const Fd fd = program.connect();
    Program::send(fd, request_text({{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/a"}}, ""));
    std::this_thread::sleep_for(500ms);
    BOOST_TEST(::waitpid(program.pid(), nullptr, WNOHANG) == 0);
    BOOST_TEST(cpu_milliseconds(program.pid()) < 100);
    const rlimit more = {256, 256};
    BOOST_REQUIRE(::prlimit(program.pid(), RLIMIT_NOFILE, &more, nullptr) == 0);
    BOOST_TEST(Program::receive(fd).ends_with("/a|"));
    BOOST_TEST(program.get("/b").ends_with("/b|"));
}

BOOST_AUTO_TEST_CASE(a_program_without_descriptors_stops_at_once)
{
    Program program(1, Descriptors::too_few);
    const Fd fd = program.connect();
    std::this_thread::sleep_for(100ms);
    BOOST_TEST(program.status_after(SIGTERM) == by_itself);
}

BOOST_AUTO_TEST_SUITE_END()
