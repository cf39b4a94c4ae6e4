/* SPDX-License-Identifier: MIT
 * The smallest libfcgi program that answers with the content of one file: what challenge.fcgi is
 * measured against. It trusts everything and cannot be stopped cleanly; never serve with it. */
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    const char *const name = getenv("BENCH_FILE");
    FCGX_Request request;
    FCGX_Init();
    FCGX_InitRequest(&request, 0, 0);
    while (name && FCGX_Accept_r(&request) == 0) {
        char content[1024];
        const int fd = open(name, O_RDONLY);
        const ssize_t size = read(fd, content, sizeof content);
        close(fd);
        FCGX_PutS("Content-Type: application/octet-stream\r\n\r\n", request.out);
        FCGX_PutStr(content, (int)size, request.out);
        FCGX_Finish_r(&request);
    }
    return 0;
}
