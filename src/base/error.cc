// SPDX-License-Identifier: MIT
#include "base/error.h"

#include "base/problem.h"

#include <cerrno>
#include <system_error>

namespace acmeproxy {

void throw_errno(const std::string &what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

void throw_errno(const std::string &what, int err)
{
    throw std::system_error(err, std::generic_category(), what);
}

void rethrow_while(const std::string &doing)
{
    try {
        throw;
    } catch (const Problem &) {
        throw;
    } catch (...) {
        std::throw_with_nested(Error(doing));
    }
}

std::string describe(const std::exception &e)
{
    std::string text = e.what();
    try {
        std::rethrow_if_nested(e);
    } catch (const std::exception &inner) {
        text += ": " + describe(inner);
    } catch (...) {
        text += ": unknown error";
    }
    return text;
}

std::string describe_current()
{
    try {
        throw;
    } catch (const std::exception &e) {
        return describe(e);
    } catch (...) {
        return "unknown error";
    }
}

}
