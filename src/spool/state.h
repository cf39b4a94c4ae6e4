// SPDX-License-Identifier: MIT
// The state machine of a lineage (doc/spool.md, "The states of a lineage") as a pure function: from
// what files there are to what is to be done next. It does nothing itself.
#pragma once

#include "spool/names.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

struct GenerationFacts {
    Generation number = 0;
    bool usable =
        false; ///< not committed; request.pem is sound, and so is its key if acmeproxy makes it
    bool wanted = false;    ///< wanted.json asks for the same as cert.json
    bool committed = false; ///< fullchain.pem is there and can be read
    bool sound = false;     ///< committed, and the key (if ours) is the certificate's
    bool deployed = false;
};

struct LineageFacts {
    enum class OrderFile { none, of_newest, of_other };

    std::vector<GenerationFacts> generations; ///< ascending
    std::optional<Generation> live;           ///< where `live` points, if there is such a folder
    OrderFile order = OrderFile::none;        ///< an unreadable one counts as of_other

    const GenerationFacts *newest() const
    {
        return generations.empty() ? nullptr : &generations.back();
    }
    const GenerationFacts *find(Generation number) const;
    /// The generation that `live` points to, if it is committed.
    const GenerationFacts *live_generation() const;
};

enum class State { wanted, keyed, ordered, issued, live, deployed };
std::string_view to_text(State state);

/// The state that the files are in, for people and for `status`.
State state_of(const LineageFacts &facts);

enum class Step {
    begin,       ///< a new generation: key, request, wanted.json
    order,       ///< newOrder for the newest generation
    resume,      ///< go on with the order of order.json
    switch_live, ///< verify, and point `live` to Next::generation
    drop_order,  ///< remove order.json
    abandon,     ///< remove the newest generation and order.json
    deploy,      ///< run the hook
    wait,        ///< nothing until due
};
std::string_view to_text(Step step);

struct Next {
    Step step;
    Generation generation; ///< what the step is about; for begin, the number to use
    bool operator==(const Next &) const = default;
};

/// `renewal_needed`: the live generation is to be replaced now (it is due, or no longer what is
/// wanted, or damaged).
Next next_step(const LineageFacts &facts, bool renewal_needed);

}
