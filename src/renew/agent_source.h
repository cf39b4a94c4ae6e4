// SPDX-License-Identifier: MIT
// Asking another acmeproxy's agent (doc/agent-protocol.md): one function a request, nothing kept
// between calls. All throw CaProblem where the agent says no, HttpError where it says nothing,
// Error where the answer is none.
#pragma once

#include "acme/session.h"
#include "spool/lineage.h"

#include <optional>
#include <string>

namespace acmeproxy {

/// The certificate object, as far as we need it. Texts are printable.
struct AgentStatus {
    bool is_being_made = false; ///< what is wanted is not there yet
    std::string error;          ///< why the agent fails at it, in its words
    std::string refused;        ///< why it refused what was wished for
    std::optional<Seconds> retry_after;
};

/// A lineage at an agent: how it is called there, by whom it is asked for.
class AgentSource {
public:
    AgentSource(AcmeSession &session, const Signer &account, const LineageName &name)
        : session_(session), account_(account), name_(name.str())
    {
    }

    /// Wishes for what `spec` says, sealed for `recipient`; may be repeated.
    AgentStatus wish(const LineageSpec &spec, const AgeRecipient &recipient);
    /// nullopt: the agent has nothing of that name.
    std::optional<AgentStatus> status();
    /// Asks for a new certificate although the old one is good.
    AgentStatus renew();
    /// Asks to revoke what the agent calls generation `number`.
    void revoke(Generation number, std::optional<int> reason);
    /// Asks to delete all of it. What the agent does not have is deleted already.
    void remove();

    struct File {
        enum class End { received, unchanged, pending, nowhere };
        End end = End::nowhere;
        std::string content; ///< sealed
        OriginRecord origin; ///< generation and tag
        AgentStatus status;  ///< retry_after alone, unless it is pending
    };
    /// bundle.pem.age of what is live there, unless its ETag is `known_tag` ("" for none).
    File fetch_bundle(const std::string &known_tag);

private:
    std::string url(const std::string &what, const std::string &filled_in) const;
    AgentStatus post(const std::string &url, const Json &payload, const std::string &doing);

    AcmeSession &session_;
    const Signer &account_;
    const std::string name_;
};

/// `url` with "{word}" replaced by `value`, which is made of unreserved characters (RFC 6570).
/// Throws Error where the word is not in it.
std::string fill_in(const std::string &url, std::string_view word, std::string_view value);

}
