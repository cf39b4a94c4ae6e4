// SPDX-License-Identifier: MIT
// acmeproxy client check: would these names be allowed, and by which pattern.
#include "base/log.h"
#include "cli/client_text.h"
#include "cli/context.h"
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

struct Answer {
    std::string name;
    PatternDecision decision;
    std::string text; ///< for people
};

Answer answer_for(const ClientPolicy &policy, const std::string &word)
{
    try {
        const Identifier identifier = Identifier::parse(word);
        Answer answer{identifier.value(), decide(policy.names, identifier), ""};
        const PatternDecision &decision = answer.decision;
        if (decision.pattern.empty())
            answer.text = "not allowed: no pattern covers it";
        else
            answer.text =
                (decision.allowed ? "allowed by " : "not allowed: denied by ") + decision.pattern;
        if (decision.pattern.empty() && identifier.is_wildcard())
            answer.text += " (wildcard names need a pattern that begins with \"wildcard:\")";
        return answer;
    } catch (const Error &e) {
        return {word, {}, std::string("not allowed: ") + e.what()};
    }
}

int check_names(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const ClientId id = find_client(clients, invocation.arguments[0]);
    const ClientPolicy policy = clients.load_policy(id);
    Json list = Json::array();
    std::string lines;
    bool all = policy.enabled;
    for (std::size_t i = 1; i < invocation.arguments.size(); ++i) {
        const Answer answer = answer_for(policy, invocation.arguments[i]);
        all = all && answer.decision.allowed;
        lines += answer.name + ": " + answer.text + "\n";
        list.push(Json::object()
                      .set("name", answer.name)
                      .set("allowed", answer.decision.allowed)
                      .set("pattern", answer.decision.pattern)
                      .set("text", answer.text));
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : lines);
    if (!policy.enabled)
        log_warning("the client " + id.str() + " is disabled: nothing is allowed");
    return all ? 0 : 1;
}

}

Verb client_check_verb()
{
    return {.name = "client check",
            .synopsis = "ID NAME...",
            .least = 2,
            .most = Verb::any_number,
            .summary = "tell whether a client may have names, and why",
            .description = "Says for each name whether the client may have certificates for it, "
                           "and which pattern decides. Exits with 1 where one is not allowed.",
            .actions = {json_action()},
            .examples = {{"Before a client asks", "acmeproxy client check web1 www.example.org"}},
            .man_page = "acmeproxy-client(1)",
            .run = check_names};
}

}
