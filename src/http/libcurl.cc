// SPDX-License-Identifier: MIT
#include "http/libcurl.h"

#include "base/error.h"

#include <dlfcn.h>
#include <string>

namespace acmeproxy {

namespace {

/// The ABI since libcurl 7.16, in the build that uses OpenSSL.
constexpr const char *file_name = "libcurl.so.4";

std::string last_error()
{
    const char *error = ::dlerror();
    return error ? error : "unknown error";
}

template <class Function> void find(void *library, const char *name, Function &function)
{
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (!function)
        throw Error(std::string("load libcurl: ") + last_error());
}

Libcurl load()
{
    void *library = ::dlopen(file_name, RTLD_LAZY);
    if (!library)
        throw Error("load libcurl, without which there is no HTTPS: " + last_error() +
                    "; install it (Debian's package libcurl4)");
    Libcurl curl = {};
    find(library, "curl_easy_init", curl.easy_init);
    find(library, "curl_easy_setopt", curl.easy_setopt);
    find(library, "curl_easy_perform", curl.easy_perform);
    find(library, "curl_easy_getinfo", curl.easy_getinfo);
    find(library, "curl_easy_strerror", curl.easy_strerror);
    find(library, "curl_easy_cleanup", curl.easy_cleanup);
    find(library, "curl_slist_append", curl.slist_append);
    find(library, "curl_slist_free_all", curl.slist_free_all);
    find(library, "curl_url", curl.url);
    find(library, "curl_url_get", curl.url_get);
    find(library, "curl_url_set", curl.url_set);
    find(library, "curl_url_strerror", curl.url_strerror);
    find(library, "curl_url_cleanup", curl.url_cleanup);
    find(library, "curl_free", curl.free);
    decltype(&::curl_global_init) start = nullptr;
    find(library, "curl_global_init", start);
    const CURLcode code = start(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK)
        throw Error(std::string("start libcurl: ") + curl.easy_strerror(code));
    return curl;
}

}

const Libcurl &libcurl()
{
    static const Libcurl curl = load();
    return curl;
}

}
