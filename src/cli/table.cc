// SPDX-License-Identifier: MIT
#include "cli/table.h"

#include "base/text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t no_limit = 100000;

/// Columns on a terminal: bytes that do not continue a UTF-8 sequence.
std::size_t width_of(const std::string &text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

}

std::string TextTable::to_text() const
{
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto &row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(printable(row[i], no_limit)));
    }
    std::string result;
    for (const auto &row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string cell = printable(row[i], no_limit);
            line += cell + std::string(widths[i] - width_of(cell) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        result += line + "\n";
    }
    return result;
}

void FieldList::add(const std::string &name, const std::string &value)
{
    if (!value.empty())
        fields_.emplace_back(name + ":", value);
}

std::string FieldList::to_text() const
{
    std::size_t width = 0;
    for (const auto &[name, value] : fields_)
        width = std::max(width, name.size());
    std::string result;
    for (const auto &[name, value] : fields_) {
        std::string label = name;
        for (const std::string &line : split(value, '\n')) {
            result += label + std::string(width + 2 - label.size(), ' ') +
                      printable(line, no_limit) + "\n";
            label.clear();
        }
    }
    return result;
}

}
