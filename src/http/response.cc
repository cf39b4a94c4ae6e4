// SPDX-License-Identifier: MIT
#include "http/http.h"

#include "base/text.h"
#include "http/link_header.h"

namespace acmeproxy {

std::optional<std::string> HttpResponse::header(std::string_view name) const
{
    for (const auto &[key, value] : headers)
        if (key == name)
            return value;
    return std::nullopt;
}

std::vector<std::string> HttpResponse::all_headers(std::string_view name) const
{
    std::vector<std::string> values;
    for (const auto &[key, value] : headers)
        if (key == name)
            values.push_back(value);
    return values;
}

std::string HttpResponse::media_type() const
{
    const std::string type = header("content-type").value_or("");
    return to_lower(trim(std::string_view(type).substr(0, type.find(';'))));
}

std::vector<std::string> HttpResponse::links(std::string_view rel) const
{
    std::vector<std::string> targets;
    for (const std::string &field : all_headers("link"))
        for (std::string &target : link_targets(field, rel))
            targets.push_back(std::move(target));
    return targets;
}

}
