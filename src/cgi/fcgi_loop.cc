// SPDX-License-Identifier: MIT
#include "cgi/fcgi_loop.h"

#include "base/error.h"
#include "base/log.h"
#include "cgi/listener.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcgiapp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace acmeproxy {

namespace {

struct BadBody {
    int status;
    const char *why;
};

std::optional<BadBody> bad_body(BodyState state)
{
    switch (state) {
    case BodyState::not_read:
    case BodyState::complete:
        return std::nullopt;
    case BodyState::no_length:
        return BadBody{411, "the length of the body is missing"};
    case BodyState::bad_length:
        return BadBody{400, "the length of the body is no number"};
    case BodyState::too_large:
        return BadBody{413, "the body is too large"};
    case BodyState::truncated:
        return BadBody{400, "the body is incomplete"};
    }
    return std::nullopt;
}

void answer_fastcgi(FCGX_Request &request, const CgiHandler &handler, const ServeOptions &options)
{
    const CgiRequest parsed =
        read_request([&](const char *name) { return FCGX_GetParam(name, request.envp); },
                     [&](char *buffer, std::size_t size) {
                         const int got = FCGX_GetStr(buffer, static_cast<int>(size), request.in);
                         return static_cast<std::size_t>(got > 0 ? got : 0);
                     },
                     options.max_body);
    const std::string text = answer(parsed, handler, options.refuse_body);
    FCGX_PutStr(text.data(), static_cast<int>(text.size()), request.out);
}

/// Ends what FCGX_Accept_r began, whatever happens between.
class RequestInHand {
public:
    explicit RequestInHand(FCGX_Request &request) : request_(request) {}
    RequestInHand(const RequestInHand &) = delete;
    RequestInHand &operator=(const RequestInHand &) = delete;
    ~RequestInHand()
    {
        FCGX_Finish_r(&request_);
        // A connection that the web server would keep open binds this thread to it while others
        // wait, and cannot be waited for together with the stop: it is closed.
        FCGX_Free(&request_, 1);
    }

private:
    FCGX_Request &request_;
};

/// No lock around accept(2), as libfcgi's example has it: a client that stalls while its request
/// is read would hold the lock, and Linux needs none.
void serve_in_this_thread(int socket_fd, const StopSignal &stop, const CgiHandler &handler,
                          const ServeOptions &options)
{
    const Listener listener(socket_fd, stop);
    FCGX_Request request;
    FCGX_InitRequest(&request, socket_fd, FCGI_FAIL_ACCEPT_ON_INTR);
    bool failing = false;
    while (listener.wait()) {
        const int error = FCGX_Accept_r(&request);
        if (error == 0) {
            const RequestInHand in_hand(request);
            answer_fastcgi(request, handler, options);
            failing = false;
        } else if (error != -EAGAIN && error != -EINTR) {
            // EMFILE, ENFILE, ENOMEM: the connection stays in the queue for better times.
            if (!failing)
                log_error(std::string("accept a connection: ") + std::strerror(-error) +
                          "; trying again");
            failing = true;
            constexpr int pause_ms = 200;
            stop.wait_for(pause_ms);
        }
    }
}

void write_all(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            throw_errno("write the answer");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::size_t read_stdin(char *buffer, std::size_t size)
{
    for (;;) {
        const ssize_t got = ::read(STDIN_FILENO, buffer, size);
        if (got >= 0)
            return static_cast<std::size_t>(got);
        if (errno != EINTR)
            return 0;
    }
}

/// Where a web server has one socket for both directions (Apache's mod_cgid), whoever leaves with a
/// part of the body unread takes its answer away again: what the server finds is "connection
/// reset".
void read_what_is_left()
{
    struct stat st = {};
    if (::fstat(STDIN_FILENO, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    ::shutdown(STDOUT_FILENO, SHUT_WR);
    constexpr int patience_ms = 1000;
    constexpr int most_reads = 256; // of what a slow or endless body would send
    char buffer[16384];
    pollfd body{STDIN_FILENO, POLLIN, 0};
    for (int i = 0; i < most_reads && ::poll(&body, 1, patience_ms) == 1; ++i) {
        if (read_stdin(buffer, sizeof buffer) == 0)
            return;
    }
}

int answer_cgi(const CgiHandler &handler, const ServeOptions &options)
{
    if (!std::getenv("REQUEST_METHOD")) {
        log_error("serve: standard input is no FastCGI socket and REQUEST_METHOD is not set: "
                  "this program is started by a web server");
        return 2;
    }
    const CgiRequest request = read_request([](const char *name) { return std::getenv(name); },
                                            read_stdin, options.max_body);
    write_all(answer(request, handler, options.refuse_body));
    read_what_is_left();
    return 0;
}

}

std::string answer(const CgiRequest &request, const CgiHandler &handler,
                   const BodyRefusal &refuse_body)
{
    try {
        if (const auto bad = bad_body(request.body_state))
            return cgi_text(refuse_body ? refuse_body(request, bad->status, bad->why)
                                        : text_response(bad->status, bad->why),
                            request.method);
        return cgi_text(handler(request), request.method);
    } catch (...) {
        log_error(describe_current());
        return cgi_text(text_response(500, "something is wrong on this server"), request.method);
    }
}

void serve_fastcgi(int socket_fd, const CgiHandler &handler, const ServeOptions &options)
{
    const StopSignal stop;
    if (FCGX_Init() != 0)
        throw Error("start libfcgi");
    if (options.threads <= 1)
        return serve_in_this_thread(socket_fd, stop, handler, options);
    std::vector<std::jthread> threads;
    for (int i = 0; i < options.threads; ++i)
        threads.emplace_back([&] { serve_in_this_thread(socket_fd, stop, handler, options); });
    stop.wait();
    if (options.on_stop)
        options.on_stop();
}

int serve(const CgiHandler &handler, const ServeOptions &options)
{
    const int socket_fd = inherited_socket();
    if (socket_fd < 0)
        return answer_cgi(handler, options);
    serve_fastcgi(socket_fd, handler, options);
    return 0;
}

}
