// SPDX-License-Identifier: MIT
// Every combination of files that a lineage can be in, laid out in a spool, and what the next pass
// makes of it.
#include "spool/lineage.h"

#include "unit/lineage_files.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <map>

using namespace acmeproxy;
using namespace acmeproxy::lineage_files;

namespace {

/// Lays files out. What is not damaged has the modes and the content that acmeproxy gives it.
struct FilesFixture : SpoolFixture {
    explicit FilesFixture(Kind kind) : kind(kind), lineage(add("a.example", spec()))
    {
        const LineageSpec wanted = lineage.spec();
        LineageSpec other = wanted;
        other.identifiers.push_back(Identifier::parse("b.example"));
        wanteds[0] = written(wanted);
        wanteds[1] = written(other);
        for (std::size_t i = 0; i < 2; ++i) {
            const PrivateKey key = PrivateKey::generate(KeyType::ec256);
            const Csr csr = Csr::make(key, wanted.identifiers);
            keys[i] = std::string(key.to_pem().view());
            requests[i] = csr.pem();
            chains[i] = ca.issue_chain(csr);
        }
        if (kind == Kind::sealed) {
            key_age = age_seal(wanted.all_recipients(), keys[0]);
            begun = begin_bundle(wanted.all_recipients(), keys[0]);
            bundle_age = finish_bundle(begun, chains[0]);
        }
    }
    LineageSpec spec() const
    {
        LineageSpec spec = spec_for({"a.example"});
        if (kind == Kind::key_elsewhere)
            spec.csr = Csr::make(PrivateKey::generate(KeyType::ec256), spec.identifiers).pem();
        if (kind == Kind::sealed) {
            spec.deliver = "sealed";
            spec.owner = ClientId::parse("sleeper");
            spec.recipients = {AgeIdentity::generate().recipient()};
        }
        return spec;
    }
    /// As wanted.json has it.
    static std::string written(const LineageSpec &spec)
    {
        Json json = to_json(spec);
        return json.set("format", 1).to_pretty_text();
    }

    std::string path(Generation number, GenerationFile which) const
    {
        return file(lineage, number, which);
    }
    void put(const std::string &path, In in, const std::string (&contents)[2])
    {
        static const std::string ruins[] = {"", "garbage", std::string(100, '\0')};
        if (const auto it = put_before.find(path); it != put_before.end() && it->second == in)
            return;
        put_before[path] = in;
        remove(path); // first: what is truncated and written again, some filesystems sync
        if (in != In::nothing)
            overwrite(path, in == In::ruin ? ruins[ruin++ % 3] : contents[in == In::second]);
    }
    void lay_out(Generation number, const Files &files)
    {
        const std::string folder = SpoolNames::generation(lineage.name(), number).str();
        if (!spool.dir().exists(folder))
            spool.dir().make_dir(folder, 0750);
        put(path(number, GenerationFile::request), files.request, requests);
        put(path(number, GenerationFile::wanted), files.wanted, wanteds);
        put(path(number, GenerationFile::fullchain), files.chain, chains);
        put(path(number, GenerationFile::privkey), files.key, keys);
        const auto put_sealed = [&](GenerationFile which, In in, const std::string &content) {
            put(path(number, which), in, {content, content});
        };
        put_sealed(GenerationFile::privkey_age, files.key_age, key_age);
        put_sealed(GenerationFile::bundle_begun, files.begun, begun);
        put_sealed(GenerationFile::bundle_age, files.bundle_age, bundle_age);
        put_sealed(GenerationFile::deployed, files.deployed ? In::first : In::nothing, "");
    }
    void point_live(Generation number)
    {
        const std::string link = file(lineage, LineageFile::live);
        remove(link);
        if (number)
            spool.dir().make_link(SpoolNames::live_target(number), link);
    }
    static std::string order_text(Generation number)
    {
        Json json =
            to_json(OrderRecord{"pebble", "https://ca.example/dir", "https://ca.example/a/1",
                                "https://ca.example/o/1", number, TestCa::epoch});
        return json.set("format", 1).to_pretty_text();
    }

    /// With what is in the generations: each link and each order, and with a renewal due or not.
    void visit_ends(const std::vector<Files> &generations)
    {
        // One that has parsed none of these files: they are changed in place.
        const Lineage fresh(spool, lineage.name());
        const LineageSpec wanted = fresh.spec();
        for (const OrderFile order :
             {OrderFile::none, OrderFile::of_first, OrderFile::of_second, OrderFile::ruin}) {
            put(file(lineage, LineageFile::order), static_cast<In>(order), orders);
            for (const Generation live : {0u, 1u, generations.size() == 2 ? 2u : 9u}) {
                point_live(live);
                Disk disk{kind, generations, live, order};
                std::vector<std::string> damage;
                const LineageFacts facts = fresh.facts(wanted, &damage);
                if (damage.empty() == has_damage(disk))
                    BOOST_ERROR(disk.text() + (damage.empty() ? ": its damage is not reported"
                                                              : ": what damage? " + damage[0]));
                for (const bool renewal : {false, true}) {
                    disk.renewal = renewal;
                    compare(disk, next_step(facts, renewal));
                }
            }
        }
    }
    void compare(const Disk &disk, const Next &next)
    {
        ++count;
        const Row *row = nullptr;
        for (const Row &candidate : rows()) {
            if (!candidate.fits(disk))
                continue;
            if (row)
                BOOST_ERROR(disk.text() + ": both " + row->what + " and " + candidate.what);
            row = &candidate;
        }
        if (!row)
            BOOST_ERROR(disk.text() + ": no row of the table");
        else if (next != Next{row->step, row->about(disk)})
            BOOST_ERROR(disk.text() + ": " + row->what + ", but the next step is " +
                        std::string(to_text(next.step)) + " " + std::to_string(next.generation));
    }

    const Kind kind;
    Lineage lineage;
    const std::string orders[2] = {order_text(1), order_text(2)};
    std::string keys[2], requests[2], chains[2], wanteds[2], key_age, begun, bundle_age;
    std::map<std::string, In> put_before;
    std::size_t ruin = 0;
    int count = 0;
};

/// All that request, wanted.json, certificate, key and mark can be.
void each_generation(const std::function<void(const Files &)> &visit)
{
    Files files;
    for (const In request : all_in)
        for (const In wanted : all_in)
            for (const In chain : all_in)
                for (const In key : all_in)
                    for (const bool deployed : {false, true}) {
                        files.request = request;
                        files.wanted = wanted;
                        files.chain = chain;
                        files.key = key;
                        files.deployed = deployed;
                        visit(files);
                    }
}

constexpr int ends = 4 * 3 * 2; // of visit_ends

}

BOOST_AUTO_TEST_SUITE(lineage_files_test)

BOOST_AUTO_TEST_CASE(every_combination_of_files_of_a_first_generation)
{
    FilesFixture f(Kind::own_key);
    f.visit_ends({});
    each_generation([&](const Files &files) {
        f.lay_out(1, files);
        f.visit_ends({files});
    });
    BOOST_TEST(f.count == (1 + 512) * ends);
}

BOOST_AUTO_TEST_CASE(every_combination_of_files_of_a_second_generation)
{
    Files whole{In::first, In::first, In::first, In::first};
    whole.deployed = true;
    Files keyless = whole, torn = whole, unfinished = whole;
    keyless.key = In::nothing;
    torn.chain = In::ruin;
    unfinished.chain = In::nothing;
    FilesFixture f(Kind::own_key);
    for (const Files &first : {whole, keyless, torn, unfinished}) {
        f.lay_out(1, first);
        const bool is_usual = f.count == 0;
        each_generation([&](const Files &second) {
            if (second.deployed && !is_usual)
                return; // what the mark does was seen beside the first of these
            f.lay_out(2, second);
            f.visit_ends({first, second});
        });
    }
    BOOST_TEST(f.count == (512 + 3 * 256) * ends);
}

BOOST_AUTO_TEST_CASE(every_combination_of_files_where_the_key_stays_elsewhere)
{
    FilesFixture f(Kind::key_elsewhere);
    each_generation([&](const Files &files) {
        if (files.key != In::nothing)
            return;
        f.lay_out(1, files);
        f.visit_ends({files});
    });
    BOOST_TEST(f.count == 128 * ends);
}

BOOST_AUTO_TEST_CASE(every_combination_of_files_of_a_sealed_generation)
{
    FilesFixture f(Kind::sealed);
    constexpr In sealed_in[] = {In::nothing, In::first, In::ruin};
    each_generation([&](Files files) {
        // What the rest does was seen where the key stays elsewhere.
        const bool is_known = files.request == In::nothing || files.wanted == In::nothing ||
                              files.wanted == In::second || files.chain == In::second;
        if (files.key != In::nothing || files.deployed || is_known)
            return;
        for (const In key_age : sealed_in)
            for (const In begun : sealed_in)
                for (const In bundle_age : sealed_in) {
                    files.key_age = key_age;
                    files.begun = begun;
                    files.bundle_age = bundle_age;
                    f.lay_out(1, files);
                    f.visit_ends({files});
                }
    });
    BOOST_TEST(f.count == 3 * 2 * 3 * 27 * ends);
}

BOOST_AUTO_TEST_SUITE_END()
