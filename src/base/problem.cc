// SPDX-License-Identifier: MIT
#include "base/problem.h"

#include <map>

namespace acmeproxy {

Problem::Problem(std::string type_, const std::string &detail)
    : std::runtime_error(detail), type(std::move(type_)), status(status_of_problem_type(type))
{
}

Problem::Problem(std::string type_, const std::string &detail, int status_)
    : std::runtime_error(detail), type(std::move(type_)), status(status_)
{
}

int status_of_problem_type(const std::string &type)
{
    static const std::map<std::string, int> known = {
        {"alreadyReplaced", 409},    {"orderNotReady", 403},  {"rateLimited", 429},
        {"rejectedIdentifier", 403}, {"serverInternal", 500}, {"unauthorized", 403},
        {"userActionRequired", 403},
    };
    const auto it = known.find(type);
    return it == known.end() ? 400 : it->second;
}

}
