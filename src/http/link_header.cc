// SPDX-License-Identifier: MIT
#include "http/link_header.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace acmeproxy {

namespace {

/// Takes a field value apart from front to back.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    void skip(std::string_view characters)
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
    }
    bool take(char c)
    {
        if (!rest_.starts_with(c))
            return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string_view until(std::string_view characters)
    {
        const std::string_view found = rest_.substr(0, rest_.find_first_of(characters));
        rest_.remove_prefix(found.size());
        return found;
    }
    /// Behind the opening quote, up to and with the closing one.
    std::string quoted()
    {
        std::string text;
        while (!rest_.empty() && !take('"')) {
            take('\\');
            if (rest_.empty())
                break;
            text += rest_.front();
            rest_.remove_prefix(1);
        }
        return text;
    }

private:
    std::string_view rest_;
};

constexpr std::string_view blanks = " \t";

struct Link {
    std::string target;
    std::optional<std::string> rel;
};

/// nullopt at the end, or where no "<" comes.
std::optional<Link> next_link(Cursor &cursor)
{
    cursor.skip(" \t,");
    if (!cursor.take('<'))
        return std::nullopt;
    Link link;
    link.target = cursor.until(">");
    if (!cursor.take('>'))
        return std::nullopt;
    for (cursor.skip(blanks); cursor.take(';'); cursor.skip(blanks)) {
        cursor.skip(blanks);
        const std::string name = to_lower(trim(cursor.until("=;,")));
        std::string value;
        if (cursor.take('=')) {
            cursor.skip(blanks);
            value = cursor.take('"') ? cursor.quoted() : std::string(trim(cursor.until(";,")));
        }
        if (name == "rel" && !link.rel) // only the first one counts (section 3.3)
            link.rel = value;
    }
    return link;
}

bool has_relation(const Link &link, std::string_view rel)
{
    const std::vector<std::string> types = split(link.rel.value_or(""), ' ');
    return std::any_of(types.begin(), types.end(),
                       [&](const std::string &type) { return equal_ignoring_case(type, rel); });
}

}

std::vector<std::string> link_targets(std::string_view field, std::string_view rel)
{
    std::vector<std::string> targets;
    Cursor cursor(field);
    while (const auto link = next_link(cursor))
        if (has_relation(*link, rel))
            targets.push_back(link->target);
    return targets;
}

}
