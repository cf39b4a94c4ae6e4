// SPDX-License-Identifier: MIT
#include "spool/state.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace acmeproxy;
using OrderFile = LineageFacts::OrderFile;

namespace {

constexpr bool no = false;
constexpr bool yes = true;

/// A lineage as its files are: what `live` says may name a generation that is not there.
struct World {
    LineageFacts files; ///< without `live`
    std::optional<Generation> live;
    bool renewal_needed = false;

    LineageFacts facts() const
    {
        LineageFacts facts = files;
        facts.live = live && facts.find(*live) ? live : std::nullopt;
        return facts;
    }
    Next next() const { return next_step(facts(), renewal_needed); }
    const GenerationFacts *live_generation() const
    {
        const GenerationFacts *found = live ? files.find(*live) : nullptr;
        return found && found->committed ? found : nullptr;
    }
    std::string text() const
    {
        std::string out;
        for (const GenerationFacts &g : files.generations)
            out += "gen " + std::to_string(g.number) + (g.usable ? " usable" : "") +
                   (g.wanted ? " wanted" : "") + (g.committed ? " committed" : "") +
                   (g.sound ? " sound" : "") + (g.deployed ? " deployed" : "") + "; ";
        return out + "live " + (live ? std::to_string(*live) : "none") + "; order " +
               std::to_string(static_cast<int>(files.order)) +
               (renewal_needed ? "; renewal needed" : "");
    }
};

/// Changes the files as the real step does when all goes well.
void apply(World &world, const Next &next)
{
    auto &generations = world.files.generations;
    switch (next.step) {
    case Step::begin:
        generations.push_back({next.generation, yes, yes, no, no, no});
        break;
    case Step::order:
        world.files.order = OrderFile::of_newest;
        break;
    case Step::resume:
        generations.back().committed = generations.back().sound = yes;
        generations.back().deployed = no;
        world.renewal_needed = no;
        break;
    case Step::switch_live:
        world.live = next.generation;
        break;
    case Step::drop_order:
        world.files.order = OrderFile::none;
        break;
    case Step::abandon:
        generations.pop_back();
        world.files.order = OrderFile::none;
        break;
    case Step::deploy:
        generations.back().deployed = yes;
        break;
    case Step::wait:
        break;
    }
}

/// What doc/spool.md promises of any step, whatever the files.
void check_promises(const World &world, const Next &next)
{
    const LineageFacts facts = world.facts();
    const GenerationFacts *newest = facts.newest();
    const GenerationFacts *about = facts.find(next.generation);
    const bool unfinished = newest && !newest->committed && newest->usable && newest->wanted;
    switch (next.step) {
    case Step::begin:
        BOOST_TEST(!unfinished);
        BOOST_TEST(next.generation == (newest ? newest->number + 1 : 1));
        BOOST_TEST((facts.order == OrderFile::none));
        BOOST_TEST((!newest || (world.renewal_needed && facts.live == newest->number)));
        break;
    case Step::order:
        BOOST_TEST(unfinished);
        BOOST_TEST((facts.order == OrderFile::none));
        BOOST_TEST((about == newest));
        break;
    case Step::resume:
        BOOST_TEST(unfinished);
        BOOST_TEST((facts.order == OrderFile::of_newest));
        BOOST_TEST((about == newest));
        break;
    case Step::switch_live:
        BOOST_REQUIRE(about);
        BOOST_TEST(about->sound);
        // Forwards, unless `live` points to no certificate at all.
        BOOST_TEST((!world.live_generation() || *world.live < next.generation));
        break;
    case Step::drop_order:
        BOOST_TEST((facts.order != OrderFile::none));
        BOOST_TEST((!unfinished || facts.order == OrderFile::of_other));
        break;
    case Step::abandon:
        BOOST_REQUIRE((about && about == newest));
        BOOST_TEST(!unfinished);
        BOOST_TEST(!about->sound);
        BOOST_TEST((about != world.live_generation()));
        break;
    case Step::deploy:
        BOOST_REQUIRE((about && about == newest));
        BOOST_TEST((about->sound && !about->deployed && facts.live == about->number));
        break;
    case Step::wait:
        BOOST_TEST((about && about == newest && facts.live == about->number && about->committed));
        break;
    }
}

/// Every kind of generation: what cannot be (sound and not committed) is left out.
std::vector<GenerationFacts> all_kinds(Generation number)
{
    std::vector<GenerationFacts> kinds;
    for (const bool usable : {no, yes})
        for (const bool wanted : {no, yes})
            for (const bool deployed : {no, yes})
                for (const auto &[committed, sound] :
                     {std::pair(no, no), std::pair(yes, no), std::pair(yes, yes)})
                    kinds.push_back({number, usable, wanted, committed, sound, deployed});
    return kinds;
}

void each_end(const LineageFacts &generations, const std::function<void(const World &)> &visit)
{
    for (const std::optional<Generation> live :
         {std::optional<Generation>(), std::optional(1), std::optional(2), std::optional(9)})
        for (const OrderFile order : {OrderFile::none, OrderFile::of_newest, OrderFile::of_other})
            for (const bool renewal : {no, yes}) {
                World world{generations, live, renewal};
                world.files.order = order;
                visit(world);
            }
}

void each_world(const std::function<void(const World &)> &visit)
{
    each_end({}, visit);
    for (const GenerationFacts &first : all_kinds(1)) {
        LineageFacts one;
        one.generations = {first};
        each_end(one, visit);
        for (const GenerationFacts &second : all_kinds(2)) {
            LineageFacts two;
            two.generations = {first, second};
            each_end(two, visit);
        }
    }
}

GenerationFacts keyed(Generation n)
{
    return {n, yes, yes, no, no, no};
}
GenerationFacts issued(Generation n)
{
    return {n, yes, yes, yes, yes, no};
}
GenerationFacts deployed(Generation n)
{
    return {n, yes, yes, yes, yes, yes};
}

struct Row {
    const char *what;
    std::vector<GenerationFacts> generations;
    std::optional<Generation> live;
    OrderFile order;
    bool renewal;
    State state;
    Next next;
};

void check_rows(const std::vector<Row> &rows)
{
    for (const Row &row : rows) {
        BOOST_TEST_CONTEXT(row.what)
        {
            World world{{}, row.live, row.renewal};
            world.files.generations = row.generations;
            world.files.order = row.order;
            BOOST_TEST(to_text(state_of(world.facts())) == to_text(row.state));
            BOOST_TEST(to_text(world.next().step) == to_text(row.next.step));
            BOOST_TEST(world.next().generation == row.next.generation);
        }
    }
}

}

BOOST_AUTO_TEST_SUITE(state_test)

BOOST_AUTO_TEST_CASE(every_combination_of_files_keeps_the_promises)
{
    int count = 0;
    each_world([&](const World &world) {
        BOOST_TEST_CONTEXT(world.text())
        {
            check_promises(world, world.next());
        }
        ++count;
    });
    BOOST_TEST(count == (1 + 24 + 24 * 24) * 4 * 3 * 2);
}

BOOST_AUTO_TEST_CASE(every_combination_of_files_comes_to_rest_with_the_newest_live)
{
    each_world([](const World &start) {
        BOOST_TEST_CONTEXT(start.text())
        {
            World world = start;
            int steps = 0;
            while (world.next().step != Step::wait && steps < 10) {
                check_promises(world, world.next());
                apply(world, world.next());
                ++steps;
            }
            BOOST_TEST(steps < 10);
            const GenerationFacts *newest = world.files.newest();
            BOOST_REQUIRE(newest);
            BOOST_TEST((world.live == newest->number));
            BOOST_TEST((world.files.order == OrderFile::none));
            // Only a key that is lost while no renewal is allowed leaves things as they were.
            if (!(newest->sound && newest->deployed)) {
                BOOST_TEST(!newest->sound);
                BOOST_TEST((newest->committed && !start.renewal_needed));
                BOOST_TEST((start.live_generation() && !start.live_generation()->sound));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_key_is_lost_with_its_unfinished_generation_only)
{
    // From any files, no step but abandon removes a generation, and a second order for an
    // unfinished generation is never placed.
    each_world([](const World &start) {
        World world = start;
        bool ordered = world.files.order == OrderFile::of_newest;
        for (int i = 0; i < 10 && world.next().step != Step::wait; ++i) {
            const Next next = world.next();
            const std::size_t before = world.files.generations.size();
            if (next.step == Step::order) {
                BOOST_TEST_CONTEXT(start.text())
                {
                    BOOST_TEST(!ordered);
                }
                ordered = yes;
            }
            apply(world, next);
            if (next.step == Step::begin || next.step == Step::abandon)
                ordered = no;
            if (next.step != Step::abandon)
                BOOST_TEST(world.files.generations.size() >= before);
        }
    });
}

BOOST_AUTO_TEST_CASE(the_table_of_states)
{
    check_rows({
        {"wanted, new", {}, {}, OrderFile::none, no, State::wanted, {Step::begin, 1}},
        {"wanted, renewal",
         {deployed(1)},
         1,
         OrderFile::none,
         yes,
         State::deployed,
         {Step::begin, 2}},
        {"keyed", {keyed(1)}, {}, OrderFile::none, no, State::keyed, {Step::order, 1}},
        {"keyed beside a live one",
         {deployed(1), keyed(2)},
         1,
         OrderFile::none,
         yes,
         State::keyed,
         {Step::order, 2}},
        {"ordered", {keyed(1)}, {}, OrderFile::of_newest, no, State::ordered, {Step::resume, 1}},
        {"ordered beside a live one",
         {deployed(1), keyed(2)},
         1,
         OrderFile::of_newest,
         yes,
         State::ordered,
         {Step::resume, 2}},
        {"issued",
         {issued(1)},
         {},
         OrderFile::of_newest,
         no,
         State::issued,
         {Step::switch_live, 1}},
        {"issued, order dropped",
         {deployed(1), issued(2)},
         1,
         OrderFile::none,
         yes,
         State::issued,
         {Step::switch_live, 2}},
        {"live, with its order",
         {issued(1)},
         1,
         OrderFile::of_newest,
         no,
         State::live,
         {Step::drop_order, 1}},
        {"live", {issued(1)}, 1, OrderFile::none, no, State::live, {Step::deploy, 1}},
        {"deployed", {deployed(1)}, 1, OrderFile::none, no, State::deployed, {Step::wait, 1}},
    });
}

BOOST_AUTO_TEST_CASE(the_table_of_exits)
{
    GenerationFacts unwanted = keyed(2), keyless = keyed(2), strange = issued(2);
    unwanted.wanted = no;
    keyless.usable = no;
    strange.sound = no;
    GenerationFacts lost = deployed(1);
    lost.sound = lost.usable = no;
    GenerationFacts lost_before_hook = lost;
    lost_before_hook.deployed = no;
    GenerationFacts torn = deployed(2);
    torn.committed = torn.sound = no;
    const auto none = OrderFile::none;
    check_rows({
        {"what is wanted changed",
         {deployed(1), unwanted},
         1,
         OrderFile::of_newest,
         yes,
         State::ordered,
         {Step::abandon, 2}},
        {"what is wanted changed before the order",
         {deployed(1), unwanted},
         1,
         none,
         yes,
         State::keyed,
         {Step::abandon, 2}},
        {"the key of an unfinished one is lost",
         {deployed(1), keyless},
         1,
         OrderFile::of_newest,
         yes,
         State::ordered,
         {Step::abandon, 2}},
        {"the certificate has another key",
         {deployed(1), strange},
         1,
         OrderFile::of_newest,
         yes,
         State::issued,
         {Step::abandon, 2}},
        {"the order is of another generation",
         {deployed(1), keyed(2)},
         1,
         OrderFile::of_other,
         yes,
         State::keyed,
         {Step::drop_order, 2}},
        {"an order without a generation",
         {},
         {},
         OrderFile::of_other,
         no,
         State::wanted,
         {Step::drop_order, 0}},
        {"live is missing", {deployed(1)}, {}, none, no, State::issued, {Step::switch_live, 1}},
        {"live is missing, the newest unfinished",
         {deployed(1), keyed(2)},
         {},
         none,
         yes,
         State::keyed,
         {Step::switch_live, 1}},
        {"live points nowhere",
         {deployed(1), deployed(2)},
         9,
         none,
         no,
         State::issued,
         {Step::switch_live, 2}},
        {"the live certificate is torn",
         {deployed(1), torn},
         2,
         none,
         no,
         State::keyed,
         {Step::switch_live, 1}},
        {"the torn certificate is asked for again",
         {deployed(1), torn},
         1,
         none,
         no,
         State::keyed,
         {Step::order, 2}},
        {"a renewal does not wait for the hook",
         {issued(1)},
         1,
         none,
         yes,
         State::live,
         {Step::begin, 2}},
        {"the key of the live one is lost",
         {lost},
         1,
         none,
         yes,
         State::deployed,
         {Step::begin, 2}},
        {"no hook without a key", {lost_before_hook}, 1, none, no, State::live, {Step::wait, 1}},
    });
}

BOOST_AUTO_TEST_CASE(states_and_steps_have_names)
{
    BOOST_TEST(to_text(State::wanted) == "wanted");
    BOOST_TEST(to_text(State::deployed) == "deployed");
    BOOST_TEST(to_text(Step::switch_live) == "switch live");
    BOOST_TEST(to_text(Step::wait) == "wait");
}

BOOST_AUTO_TEST_SUITE_END()
