// SPDX-License-Identifier: MIT
// Columns of text for people: as wide as needed, two spaces between, none at line ends.
#pragma once

#include <string>
#include <vector>

namespace acmeproxy {

class TextTable {
public:
    explicit TextTable(std::vector<std::string> headings) : rows_{std::move(headings)} {}
    /// As many cells as there are headings. Control characters in them are replaced.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    std::string to_text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// "name:   value" lines, the values below each other. A value of several lines is indented.
class FieldList {
public:
    /// Left out where `value` is empty.
    void add(const std::string &name, const std::string &value);
    std::string to_text() const;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

}
