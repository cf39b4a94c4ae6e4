// SPDX-License-Identifier: MIT
// How this program says that something went wrong. Three kinds:
//   an answer (absence, refusal)  std::optional or an enum, never an exception;
//   the client is wrong           throw Problem (base/problem.h);
//   the world is wrong            throw Error, or std::system_error through throw_errno().
// Texts say what was being done and to what, in lower case, without a full stop. A layer that
// knows more catches everything at its border and calls rethrow_while("load order x").
#pragma once

#include <stdexcept>
#include <string>

namespace acmeproxy {

/// The world is wrong: the text is for the operator and may name files.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws std::system_error with `err`, or with errno as it is at the call. `what` names the
/// operation and its object ("open challenges/x").
[[noreturn]] void throw_errno(const std::string &what);
[[noreturn]] void throw_errno(const std::string &what, int err);

/// Inside a catch block: lets a Problem pass as it is, nests all else in an Error with `doing`.
[[noreturn]] void rethrow_while(const std::string &doing);

/// The whole chain, outermost first: "load order x: open orders/x: Permission denied".
std::string describe(const std::exception &e);

/// Inside a catch block: describe() of what is being handled, whatever its type.
std::string describe_current();

/// The first exception of type T in the chain of nested exceptions, or nullptr. It lives as long
/// as `e` does.
template <class T> const T *find_cause(const std::exception &e)
{
    if (const T *found = dynamic_cast<const T *>(&e))
        return found;
    try {
        std::rethrow_if_nested(e);
    } catch (const std::exception &inner) {
        return find_cause<T>(inner);
    } catch (...) {
    }
    return nullptr;
}

}
