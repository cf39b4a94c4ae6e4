// SPDX-License-Identifier: MIT
#include "spool/state.h"

namespace acmeproxy {

using OrderFile = LineageFacts::OrderFile;

const GenerationFacts *LineageFacts::find(Generation number) const
{
    for (const GenerationFacts &generation : generations) {
        if (generation.number == number)
            return &generation;
    }
    return nullptr;
}

const GenerationFacts *LineageFacts::live_generation() const
{
    const GenerationFacts *generation = live ? find(*live) : nullptr;
    return generation && generation->committed ? generation : nullptr;
}

std::string_view to_text(State state)
{
    switch (state) {
    case State::wanted:
        return "wanted";
    case State::keyed:
        return "keyed";
    case State::ordered:
        return "ordered";
    case State::issued:
        return "issued";
    case State::live:
        return "live";
    case State::deployed:
        return "deployed";
    }
    return "";
}

std::string_view to_text(Step step)
{
    switch (step) {
    case Step::begin:
        return "begin";
    case Step::order:
        return "order";
    case Step::resume:
        return "resume";
    case Step::switch_live:
        return "switch live";
    case Step::drop_order:
        return "drop order";
    case Step::abandon:
        return "abandon";
    case Step::deploy:
        return "deploy";
    case Step::wait:
        return "wait";
    }
    return "";
}

State state_of(const LineageFacts &facts)
{
    const GenerationFacts *newest = facts.newest();
    if (!newest)
        return State::wanted;
    if (!newest->committed)
        return facts.order == OrderFile::of_newest ? State::ordered : State::keyed;
    if (facts.live != newest->number)
        return State::issued;
    return newest->deployed ? State::deployed : State::live;
}

namespace {

/// The newest generation has no certificate yet.
Next next_for_unfinished(const LineageFacts &facts, const GenerationFacts &newest)
{
    if (!newest.usable || !newest.wanted)
        return {Step::abandon, newest.number};
    if (facts.order == OrderFile::of_newest)
        return {Step::resume, newest.number};
    if (facts.order == OrderFile::of_other)
        return {Step::drop_order, newest.number};
    return {Step::order, newest.number};
}

/// The newest generation that could serve where `live` points to nothing of use.
const GenerationFacts *stand_in(const LineageFacts &facts)
{
    for (auto it = facts.generations.rbegin(); it != facts.generations.rend(); ++it) {
        if (it->sound)
            return &*it;
    }
    return nullptr;
}

}

Next next_step(const LineageFacts &facts, bool renewal_needed)
{
    const GenerationFacts *newest = facts.newest();
    if (!newest) {
        if (facts.order != OrderFile::none)
            return {Step::drop_order, 0};
        return {Step::begin, 1};
    }
    if (!facts.live_generation()) {
        if (const GenerationFacts *other = stand_in(facts))
            return {Step::switch_live, other->number};
    }
    if (!newest->committed)
        return next_for_unfinished(facts, *newest);
    if (facts.live != newest->number)
        return {newest->sound ? Step::switch_live : Step::abandon, newest->number};
    if (facts.order != OrderFile::none)
        return {Step::drop_order, newest->number};
    if (renewal_needed)
        return {Step::begin, newest->number + 1};
    // Without its key a certificate is of no use to a hook.
    return {newest->deployed || !newest->sound ? Step::wait : Step::deploy, newest->number};
}

}
