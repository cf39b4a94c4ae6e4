/* SPDX-License-Identifier: MIT
 * nine_requests URL CA: gets URL nine times over one TLS connection with libcurl, trusting the CA of the
 * file CA, and does nothing else: what no ACME client that is built on libcurl can do with less. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t ignore(char *data, size_t size, size_t count, void *nothing)
{
    (void)data;
    (void)nothing;
    return size * count;
}

int main(int argc, char **argv)
{
    char reason[CURL_ERROR_SIZE] = "";
    CURL *curl;
    int i;
    if (argc != 3 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(curl = curl_easy_init())) {
        fputs("usage: nine_requests URL CA\n", stderr);
        return 2;
    }
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    for (i = 0; i < 9; ++i) {
        if (curl_easy_perform(curl) != CURLE_OK) {
            fprintf(stderr, "nine_requests: get %s: %s\n", argv[1], reason);
            return 1;
        }
    }
    curl_easy_cleanup(curl);
    return 0;
}
