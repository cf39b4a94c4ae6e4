// SPDX-License-Identifier: MIT
// From what another ACME client has (found.h) to lineages and accounts in the spool, without asking
// any CA. What is there already stays as it is, so that doing it twice changes nothing.
#pragma once

#include "import/found.h"
#include "spool/ca_store.h"
#include "spool/lineage.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct TakeOverOptions {
    std::vector<std::string> names; ///< only these, as the other client calls them; empty: all
    std::optional<CaName> ca;       ///< of all, whatever the folder says
    std::string hook;               ///< of all
    bool with_dns = false;          ///< those, too, that were proved by dns-01
    std::vector<std::string> ca_certificates; ///< trusted for CAs that are added
    /// The default CA, and the directory URL that replaces its own, or empty.
    std::string default_ca, directory_url;
};

struct Outcome {
    enum class Kind {
        taken,   ///< or, without a spool to change, would be
        here,    ///< it had been taken over before
        skipped, ///< for the reason in `text`
    };
    Kind kind;
    std::string name; ///< "certificate a.example", "account at letsencrypt"
    std::string text;
};

/// Takes over what can be, in one rename a lineage. `spool`: nullptr where there is none yet, which
/// only a dry run may have. Throws only for what is wrong with the spool.
class TakeOver {
public:
    enum class Run { real, dry };

    TakeOver(const Spool *spool, const TakeOverOptions &options, Run run, Time now)
        : spool_(spool), options_(options), run_(run), now_(now)
    {
    }
    std::vector<Outcome> all_of(const FoundTree &tree);

private:
    /// A CA that lineages are renewed from.
    struct Ca {
        CaName name;
        std::string directory;
    };

    void load_cas();
    void note(Outcome::Kind kind, const std::string &name, const std::string &text);
    void take_lineage(const FoundLineage &lineage);
    void take_account(const Ca &ca, const FoundTree &tree);
    const FoundAccount *account_at(const Ca &ca, const FoundTree &tree) const;
    const Ca &ca_of(const FoundLineage &lineage);
    const Ca &add_ca(const std::string &directory);
    const Ca *known_ca(const std::string &directory, const std::string &host) const;
    bool is_asked_for(const std::string &name) const;

    const Spool *spool_;
    const TakeOverOptions &options_;
    const Run run_;
    const Time now_;
    std::vector<Ca> cas_;
    std::vector<CaName> used_;          ///< CAs of lineages that are taken, or here
    std::vector<std::string> accounts_; ///< ids of accounts that lineages name, most often first
    std::vector<Outcome> outcomes_;
};

}
