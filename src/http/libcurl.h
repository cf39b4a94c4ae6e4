// SPDX-License-Identifier: MIT
// libcurl's functions, loaded with the first URL or request. With the twenty libraries that it
// stands on it doubles the time that the program takes to start, and most verbs talk to nobody.
#pragma once

#include <curl/curl.h>

namespace acmeproxy {

/// Those that the client uses, by their names without "curl_".
struct Libcurl {
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_perform) easy_perform;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_url) url;
    decltype(&::curl_url_get) url_get;
    decltype(&::curl_url_set) url_set;
    decltype(&::curl_url_strerror) url_strerror;
    decltype(&::curl_url_cleanup) url_cleanup;
    decltype(&::curl_free) free;
};

/// Loads and starts it, once a process; any thread may call it. It is never unloaded: other threads
/// may still hold handles at the process's end. Throws Error where it is not there or does not
/// start.
const Libcurl &libcurl();

}
