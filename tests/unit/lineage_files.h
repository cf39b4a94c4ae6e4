// SPDX-License-Identifier: MIT
// What files a lineage can have, and what the next pass makes of them: the rules of doc/spool.md in
// terms of files, as rows of which one and no other must fit. In nothing are they the code's.
#pragma once

#include "spool/state.h"

#include <functional>
#include <string>
#include <vector>

namespace acmeproxy::lineage_files {

/// What is in a file that may be of the first or of a second key; or, in wanted.json, what is asked
/// for (first) or other names.
enum class In { nothing, first, second, ruin };
inline constexpr In all_in[] = {In::nothing, In::first, In::second, In::ruin};

inline bool is_sound(In in)
{
    return in == In::first || in == In::second;
}

enum class Kind { own_key, key_elsewhere, sealed };

struct Files {
    In request = In::nothing, wanted = In::nothing, chain = In::nothing;
    In key = In::nothing;                                                    // own_key
    In key_age = In::nothing, begun = In::nothing, bundle_age = In::nothing; // sealed
    bool deployed = false;
};

enum class OrderFile { none, of_first, of_second, ruin };

/// A whole lineage.
struct Disk {
    Kind kind = Kind::own_key;
    std::vector<Files> generations; ///< 1, 2
    Generation live = 0;            ///< 0: no link
    OrderFile order = OrderFile::none;
    bool renewal = false; ///< what schedule_test is about

    Generation newest() const { return static_cast<Generation>(generations.size()); }
    bool is_there(Generation number) const { return number >= 1 && number <= newest(); }
    const Files &at(Generation number) const { return generations.at(number - 1); }

    bool has_certificate(Generation number) const
    {
        return is_there(number) && is_sound(at(number).chain);
    }
    /// A certificate that somebody can use: with its key, wherever that is.
    bool is_whole(Generation number) const
    {
        if (!has_certificate(number))
            return false;
        const Files &files = at(number);
        if (kind == Kind::own_key)
            return files.key == files.chain;
        const bool of_another = is_sound(files.request) && files.request != files.chain;
        const bool has_sealed = is_sound(files.key_age) && is_sound(files.bundle_age);
        return !of_another && (kind == Kind::key_elsewhere || has_sealed);
    }
    /// An unfinished generation that a certificate can still be asked for with.
    bool can_go_on(Generation number) const
    {
        const Files &files = at(number);
        const bool has_key = kind == Kind::own_key ? files.key == files.request
                             : kind == Kind::sealed
                                 ? is_sound(files.key_age) && is_sound(files.begun)
                                 : true;
        return is_sound(files.request) && files.wanted == In::first && has_key;
    }
    bool order_is_of_newest() const
    {
        return (order == OrderFile::of_first && newest() == 1) ||
               (order == OrderFile::of_second && newest() == 2);
    }
    /// The newest generation with a certificate and its key, or 0.
    Generation best() const
    {
        Generation found = 0;
        for (Generation number = 1; number <= newest(); ++number)
            found = is_whole(number) ? number : found;
        return found;
    }
    /// `live` leads to no certificate, and there is one that it could lead to.
    bool is_lost() const { return !has_certificate(live) && best() != 0; }
    bool is_unfinished() const { return newest() && !is_lost() && !has_certificate(newest()); }
    bool is_issued() const
    {
        return newest() && !is_lost() && has_certificate(newest()) && live != newest();
    }
    bool is_live() const { return has_certificate(newest()) && live == newest(); }
    bool is_at_rest() const { return is_live() && order == OrderFile::none; }

    std::string text() const;
};

struct Row {
    const char *what;
    std::function<bool(const Disk &)> fits;
    Step step;
    std::function<Generation(const Disk &)> about;
};

inline const std::vector<Row> &rows()
{
    const auto none = [](const Disk &) { return Generation{0}; };
    const auto newest = [](const Disk &d) { return d.newest(); };
    const auto next = [](const Disk &d) { return d.newest() + 1; };
    static const std::vector<Row> all = {
        {"an order, and no generation",
         [](const Disk &d) { return !d.newest() && d.order != OrderFile::none; }, Step::drop_order,
         none},
        {"wanted", [](const Disk &d) { return !d.newest() && d.order == OrderFile::none; },
         Step::begin, next},
        {"live missing or pointing nowhere", [](const Disk &d) { return d.is_lost(); },
         Step::switch_live, [](const Disk &d) { return d.best(); }},
        {"keyed",
         [](const Disk &d) {
             return d.is_unfinished() && d.can_go_on(d.newest()) && d.order == OrderFile::none;
         },
         Step::order, newest},
        {"ordered",
         [](const Disk &d) {
             return d.is_unfinished() && d.can_go_on(d.newest()) && d.order_is_of_newest();
         },
         Step::resume, newest},
        {"an order that is unreadable or of another generation",
         [](const Disk &d) {
             return d.is_unfinished() && d.can_go_on(d.newest()) && d.order != OrderFile::none &&
                    !d.order_is_of_newest();
         },
         Step::drop_order, newest},
        {"not issued, and damaged or not wanted",
         [](const Disk &d) { return d.is_unfinished() && !d.can_go_on(d.newest()); }, Step::abandon,
         newest},
        {"issued", [](const Disk &d) { return d.is_issued() && d.is_whole(d.newest()); },
         Step::switch_live, newest},
        {"issued, of another key",
         [](const Disk &d) { return d.is_issued() && !d.is_whole(d.newest()); }, Step::abandon,
         newest},
        {"live, with an order",
         [](const Disk &d) { return d.is_live() && d.order != OrderFile::none; }, Step::drop_order,
         newest},
        {"live, to be renewed", [](const Disk &d) { return d.is_at_rest() && d.renewal; },
         Step::begin, next},
        {"live",
         [](const Disk &d) {
             return d.is_at_rest() && !d.renewal && d.is_whole(d.live) && !d.at(d.live).deployed;
         },
         Step::deploy, newest},
        {"deployed",
         [](const Disk &d) {
             return d.is_at_rest() && !d.renewal && d.is_whole(d.live) && d.at(d.live).deployed;
         },
         Step::wait, newest},
        {"live, its key lost",
         [](const Disk &d) { return d.is_at_rest() && !d.renewal && !d.is_whole(d.live); },
         Step::wait, newest},
    };
    return all;
}

/// Whether something is not as acmeproxy leaves it, at any instant: then it must be said.
inline bool has_damage(const Disk &disk)
{
    bool damaged = disk.order == OrderFile::ruin || disk.live > disk.newest();
    for (Generation number = 1; number <= disk.newest(); ++number)
        damaged = damaged || disk.at(number).chain == In::ruin ||
                  (disk.has_certificate(number) && !disk.is_whole(number));
    // The first certificate may be on its way to be live; a second one not without the first.
    return damaged || (!disk.live && disk.newest() > 1 && disk.at(1).chain != In::nothing);
}

inline std::string Disk::text() const
{
    const auto word = [](In in) {
        return std::string(in == In::nothing  ? "-"
                           : in == In::first  ? "1"
                           : in == In::second ? "2"
                                              : "x");
    };
    std::string out;
    for (Generation number = 1; number <= newest(); ++number) {
        const Files &files = at(number);
        out += "gen " + std::to_string(number) + ": request " + word(files.request) + " wanted " +
               word(files.wanted) + " chain " + word(files.chain) + " key " + word(files.key) +
               " sealed " + word(files.key_age) + word(files.begun) + word(files.bundle_age) +
               (files.deployed ? " deployed; " : "; ");
    }
    return out + "live " + std::to_string(live) + "; order " +
           std::to_string(static_cast<int>(order)) + (renewal ? "; renewal" : "");
}

}
