// SPDX-License-Identifier: MIT
#include "cli/nearest.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// Damerau and Levenshtein's distance in its simple form (each pair is transposed at most once).
std::size_t edit_distance(const std::string &a, const std::string &b)
{
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1, i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::move(last);
        last = std::move(row);
    }
    return last[b.size()];
}

/// The shortest candidate that begins with `word`, of which at least three letters were written.
std::optional<std::string> completed(const std::string &word,
                                     const std::vector<std::string> &candidates)
{
    std::optional<std::string> best;
    const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
    if (word.size() - dashes < 3)
        return best;
    for (const std::string &candidate : candidates) {
        if (candidate.starts_with(word) && (!best || candidate.size() < best->size()))
            best = candidate;
    }
    return best;
}

}

std::optional<std::string> nearest(const std::string &word,
                                   const std::vector<std::string> &candidates)
{
    if (const auto whole = completed(word, candidates))
        return whole;
    std::optional<std::string> best;
    // A third of the letters may be wrong: beyond that the suggestion is a guess.
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string &candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string did_you_mean(const std::string &word, const std::vector<std::string> &candidates)
{
    const auto found = nearest(word, candidates);
    return found ? " (did you mean \"" + *found + "\"?)" : "";
}

}
