// SPDX-License-Identifier: MIT
// Lineages and generations that begin: whole folders, built in tmp/ and put in place by one rename.
#include "spool/lineage.h"

#include "base/error.h"

namespace acmeproxy {

namespace {

/// A folder of tmp/, removed with all that is in it unless it was put in place.
class NewFolder {
public:
    explicit NewFolder(const Spool &spool) : spool_(spool), path_(SpoolNames::temporary())
    {
        spool_.dir().make_dir(path_.str(), 0750);
    }
    ~NewFolder()
    {
        try {
            if (!is_placed_)
                spool_.dir().remove_tree(path_.str());
        } catch (const std::exception &) {
            // swept when it is old
        }
    }
    NewFolder(const NewFolder &) = delete;
    NewFolder &operator=(const NewFolder &) = delete;

    const SpoolPath &path() const { return path_; }
    /// False: there is something already.
    bool put(const SpoolPath &to) { return is_placed_ = spool_.put_folder(path_, to); }

private:
    const Spool &spool_;
    const SpoolPath path_;
    bool is_placed_ = false;
};

std::string with_format(const LineageSpec &spec)
{
    Json json = Json::object();
    json.set("format", 1);
    const Json content = to_json(spec);
    for (const auto &member : *content.as_object())
        json.set(member.first, member.second);
    return json.to_pretty_text();
}

/// What every lineage begins with.
void fill_lineage(const Spool &spool, const SpoolPath &folder, const LineageSpec &spec)
{
    const std::string &path = folder.str();
    write_new_file(spool.dir(), path + "/cert.json", with_format(spec), 0640);
    spool.dir().make_dir(path + "/gen", 0750);
    write_new_file(spool.dir(), path + "/due", "", 0600);
}

}

bool Lineage::create(const Spool &spool, const LineageName &name, const LineageSpec &spec)
try {
    NewFolder folder(spool);
    fill_lineage(spool, folder.path(), spec);
    return folder.put(SpoolNames::lineage(name));
} catch (...) {
    rethrow_while("make lineage " + name.str());
}

bool Lineage::create_live(const Spool &spool, const LineageName &name, const LineageSpec &spec,
                          const PrivateKey &key, const std::vector<Certificate> &chain)
try {
    NewFolder folder(spool);
    fill_lineage(spool, folder.path(), spec);
    const SpoolPath generation = SpoolNames::temporary(folder.path(), Generation{1});
    spool.dir().make_dir(generation.str(), 0750);
    const Secret pem = key.to_pem();
    const std::string request = Csr::make(key, spec.identifiers).pem();
    const std::string cert = chain.front().pem();
    const std::string issuers = issuers_as_pem(chain);
    const std::string fullchain = cert + issuers;
    fill_generation(spool, generation, spec,
                    {{GenerationFile::privkey, pem.view()},
                     {GenerationFile::request, request},
                     {GenerationFile::cert, cert},
                     {GenerationFile::chain, issuers},
                     {GenerationFile::fullchain, fullchain}});
    // When it was stored: with the time of now, one that expires soon would count as new, and wait.
    spool.dir().set_mtime(SpoolNames::temporary(generation, GenerationFile::fullchain).str(),
                          chain.front().not_before().time_since_epoch().count());
    spool.dir().make_link(SpoolNames::live_target(1), folder.path().str() + "/live");
    return folder.put(SpoolNames::lineage(name));
} catch (...) {
    rethrow_while("make lineage " + name.str());
}

void Lineage::fill_generation(const Spool &spool, const SpoolPath &folder, const LineageSpec &spec,
                              const std::vector<NewFile> &files)
{
    for (const NewFile &file : files)
        spool.write_in(folder, file.which, file.content);
    spool.write_in(folder, GenerationFile::wanted, with_format(spec));
}

void Lineage::put_generation(Generation number, const LineageSpec &spec,
                             const std::vector<NewFile> &files) const
try {
    NewFolder folder(spool_);
    fill_generation(spool_, folder.path(), spec, files);
    spool_.make_folder(path_to(LineageFile::generations));
    if (!folder.put(SpoolNames::generation(name_, number)))
        throw Error("generation " + generation_text(number) + " is there already");
} catch (...) {
    rethrow_while("begin generation " + generation_text(number) + " of " + name_.str());
}

void Lineage::begin(Generation number, const LineageSpec &spec, const PrivateKey *key,
                    const Csr &csr) const
{
    const std::string request = csr.pem();
    std::vector<NewFile> files{{GenerationFile::request, request}};
    const Secret pem = key ? key->to_pem() : Secret();
    if (key)
        files.push_back({GenerationFile::privkey, pem.view()});
    put_generation(number, spec, files);
    const std::string path = SpoolNames::generation(name_, number, GenerationFile::request).str();
    if (const auto st = spool_.dir().status(path))
        requests_.put(path, *st, std::make_shared<Csr>(csr.copy()));
}

void Lineage::receive(Generation number, const LineageSpec &spec,
                      const ReceivedGeneration &received) const
{
    const std::string cert = received.chain.front().pem();
    const std::string issuers = issuers_as_pem(received.chain);
    const std::string fullchain = cert + issuers;
    Json origin = to_json(received.origin);
    const std::string origin_text = origin.set("format", 1).to_pretty_text();
    const std::string request = received.csr ? received.csr->pem() : "";
    const Secret pem = received.key ? received.key->to_pem() : Secret();
    std::vector<NewFile> files{{GenerationFile::cert, cert},
                               {GenerationFile::chain, issuers},
                               {GenerationFile::fullchain, fullchain},
                               {GenerationFile::origin, origin_text}};
    if (received.csr)
        files.push_back({GenerationFile::request, request});
    if (received.key)
        files.push_back({GenerationFile::privkey, pem.view()});
    put_generation(number, spec, files);
}

}
