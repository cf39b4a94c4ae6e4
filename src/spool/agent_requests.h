// SPDX-License-Identifier: MIT
// requests/: what clients of the agent wish. agent.fcgi leaves one file a lineage here, the last
// wish counts; the renewer alone applies it, after a check of its own. What it refuses it tells by
// a second file, which agent.fcgi shows to the client.
//
// The schema has no hook, source, delivery or CA: a wish can never say what is executed here, nor
// where things are sent.
//
// Processes: all members may be called at once. The writer needs no right but to this folder.
#pragma once

#include "base/clock.h"
#include "crypto/age.h"
#include "crypto/key.h"
#include "spool/agent_names.h"
#include "spool/spool.h"
#include "json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct AgentWish {
    enum class Kind {
        want,   ///< a lineage like this, new or changed
        renew,  ///< a new certificate now
        revoke, ///< the live certificate is to be revoked, and replaced
        remove, ///< the lineage is to go
    };

    Kind kind = Kind::want;
    std::string account; ///< the ACME account that signed it
    Time made{};

    // Of want:
    std::vector<Identifier> identifiers;
    std::vector<AgeRecipient> recipients; ///< may be empty with a request
    KeyType key_type = KeyType::ec256;
    bool reuse_key = false;
    std::string profile;
    std::string csr; ///< PEM, or empty

    // Of revoke:
    Generation generation = 0;
    std::optional<int> reason; ///< RFC 5280, section 5.3.1
};
std::string to_text(AgentWish::Kind kind);
Json to_json(const AgentWish &wish);
/// Throws JsonError / Error that name the member. Unknown members are an error.
AgentWish parse_agent_wish(const Json &json);

/// Why a wish was not granted, in words that its client may see.
struct AgentRefusal {
    std::string wish; ///< its kind
    std::string type; ///< as in Problem
    std::string detail;
    Time when{};
};

/// Throws JsonError.
AgentRefusal parse_agent_refusal(const Json &json);

class AgentRequests {
public:
    explicit AgentRequests(const Spool &spool) : spool_(spool) {}

    /// All lineages that there are wishes for, the oldest wish first.
    std::vector<LineageName> list() const;
    std::vector<LineageName> list(const ClientId &client) const;
    /// Throws Error where it is damaged.
    std::optional<AgentWish> find(const LineageName &lineage) const;
    /// Of those who leave wishes: between the look at the one that waits and put().
    Lock lock() const;
    /// Replaces an older wish, and forgets a refusal.
    void put(const LineageName &lineage, const AgentWish &wish) const;
    /// The wish was applied. One that was put since `applied` was read stays.
    void done(const LineageName &lineage, const AgentWish &applied) const;
    void drop(const LineageName &lineage) const;

    void refuse(const LineageName &lineage, const AgentRefusal &refusal) const;
    std::optional<AgentRefusal> refusal(const LineageName &lineage) const;
    void forget_refusal(const LineageName &lineage) const;
    std::vector<LineageName> refused(const ClientId &client) const;

    /// Of a client that is gone: a later one of its name is told nothing of what it wished.
    void forget_client(const ClientId &client) const;

    /// Removes refusals of over seven days, and what was left in requests/tmp. Returns how many.
    int sweep(Time now) const;

private:
    const Spool &spool_;
};

}
