// SPDX-License-Identifier: MIT
// Two clients of the agent with accounts, and lineages of theirs as the renewer would make them.
#pragma once

#include "crypto/age_bundle.h"
#include "server/agent.h"
#include "spool/agent_requests.h"
#include "spool/client_tokens.h"
#include "spool/lineage.h"
#include "spool/name_claims.h"
#include "unit/server_fixture.h"
#include "unit/test_ca.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct AgentFixture : ServerFixture {
    static std::vector<Identifier> identifiers(const std::vector<std::string> &names)
    {
        std::vector<Identifier> result;
        for (const std::string &name : names)
            result.push_back(Identifier::parse(name));
        return result;
    }

    LineageSpec spec_for(const std::string &client, const std::vector<std::string> &names) const
    {
        LineageSpec spec;
        spec.identifiers = identifiers(names);
        spec.deliver = "sealed";
        spec.owner = ClientId::parse(client);
        spec.recipients = {AgeRecipient::parse(recipient)};
        return spec;
    }
    Lineage begin(const std::string &client, const std::string &name, Generation number = 1)
    {
        const LineageName lineage_name =
            client_lineage_name(ClientId::parse(client), LineageName::parse(name));
        const LineageSpec spec = spec_for(client, {name});
        Lineage::create(spool, lineage_name, spec);
        const Lineage lineage(spool, lineage_name);
        const PrivateKey key = PrivateKey::generate(KeyType::ec256);
        const Secret pem = key.to_pem();
        lineage.begin(number, spec,
                      SealedKey{age_seal(spec.all_recipients(), pem.view()),
                                begin_bundle(spec.all_recipients(), pem.view())},
                      Csr::make(key, spec.identifiers));
        return lineage;
    }
    Lineage issue(const std::string &client, const std::string &name, Generation number = 1)
    {
        const Lineage lineage = begin(client, name, number);
        lineage.commit(number, parse_chain(ca.issue_chain(*lineage.request(number),
                                                          clock.now() - std::chrono::hours(1),
                                                          clock.now() + std::chrono::days(90))));
        spool.write(SpoolNames::generation(lineage.name(), number, GenerationFile::bundle_age),
                    "sealed bundle of " + name);
        spool.write(SpoolNames::generation(lineage.name(), number, GenerationFile::privkey_age),
                    "sealed key of " + name);
        spool.dir().set_mtime(
            SpoolNames::generation(lineage.name(), number, GenerationFile::fullchain).str(),
            clock.now().time_since_epoch().count());
        lineage.switch_live(number);
        return lineage;
    }

    std::string want(const std::vector<std::string> &names) const
    {
        Json list = Json::array();
        for (const Identifier &id : identifiers(names))
            list.push(Json::object().set("type", id.type_name()).set("value", id.value()));
        return Json::object()
            .set("identifiers", std::move(list))
            .set("recipients", Json::strings({recipient}))
            .to_text();
    }
    CgiResponse post(const TestAccount &account, const std::string &path,
                     const std::string &payload)
    {
        return agent_response(context, ServerFixture::post(account, path, payload));
    }
    CgiResponse get_with(const std::string &path, const std::string &authorization,
                         const std::string &if_none_match = "")
    {
        std::map<std::string, std::string> variables = {{"REQUEST_METHOD", "GET"},
                                                        {"REQUEST_URI", path}};
        if (!authorization.empty())
            variables["HTTP_AUTHORIZATION"] = authorization;
        if (!if_none_match.empty())
            variables["HTTP_IF_NONE_MATCH"] = if_none_match;
        return agent_response(context, cgi_request(variables, ""));
    }
    CgiResponse get(const std::string &path, const std::string &token,
                    const std::string &if_none_match = "")
    {
        return get_with(path, token.empty() ? "" : "Bearer " + token, if_none_match);
    }
    static std::string basic(const std::string &user, const std::string &password)
    {
        return "Basic " + base64_encode(user + ":" + password);
    }
    std::string add_token(const std::string &client, const std::string &lineage = "")
    {
        return std::string(ClientTokens(spool)
                               .add(ClientId::parse(client), lineage, std::nullopt, clock.now())
                               .view());
    }

    const std::string recipient = AgeIdentity::generate().recipient().text();
    const TestAccount web = register_account(
        add_client("web", {"a.example", "b.example", "c.example", "*.shared.example"}, {"agent"}));
    const TestAccount mail =
        register_account(add_client("mail", {"m.example", "*.shared.example"}, {"agent"}));
    TestCa root;
    TestCa ca{"Test Intermediate", root};
};

}
