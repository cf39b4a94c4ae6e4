// SPDX-License-Identifier: MIT
// Looks at the lineage a.example, whose CA says what a test tells it to.
//
//     JobFixture f;
//     SpoolFixture::begin(f.lineage, 1);
//     f.will_place_order("ready");
//     f.will_finalize(*f.lineage.request(1));
//     BOOST_TEST((f.run().end == JobResult::End::obtained));
#pragma once

#include "renew/lineage_job.h"
#include "unit/scripted_ca.h"
#include "unit/spool_fixture.h"

namespace acmeproxy {

/// A lineage that is due, and a CA that knows our account.
struct JobFixture : SpoolFixture {
    JobFixture() : lineage(add("a.example"))
    {
        options.default_ca = "pebble";
        options.random = [] { return 0.0; };
        CaConfig config;
        config.directory = server.url("/dir");
        config.ca_certificates = {temp.path() + "/root.pem"};
        replace_file(temp.dir(), ".", "root.pem", server.root().certificate().pem(), 0600);
        save_ca(spool, CaName::parse("pebble"), config);
        const AccountFiles files(spool, CaName::parse("pebble"), ClientId::parse("default"));
        files.prepare();
        files.write_key(PrivateKey::generate(KeyType::ec256));
        files.write_record({server.url("/a/1"), server.url("/dir"), {}});
        lineage.set_due(now());
    }
    Time now() { return server.clock().now(); }

    std::string order(const std::string &status, const std::string &name = "a.example") const
    {
        return R"({"status":")" + status + R"(","identifiers":[{"type":"dns","value":")" + name +
               R"("}],"authorizations":[")" + server.url("/z/1") + R"("],"finalize":")" +
               server.url("/f/1") + R"(")" +
               (status == "valid" ? R"(,"certificate":")" + server.url("/cert/1") + R"("})" : "}");
    }
    std::string authorization(const std::string &status, const std::string &challenge,
                              const std::string &extra = "") const
    {
        return R"({"status":")" + status +
               R"(","identifier":{"type":"dns","value":"a.example"},"challenges":[)"
               R"({"type":"http-01","token":"tok","status":")" +
               challenge + R"(","url":")" + server.url("/c/1") + "\"" + extra + "}]}";
    }
    void will_place_order(const std::string &status)
    {
        server.will_answer("/newOrder", "201 Created", order(status),
                           "Location: " + server.url("/o/1") + "\r\n");
    }
    void will_finalize(const Csr &csr)
    {
        server.will_answer("/f/1", "200 OK", order("valid"));
        server.will_answer("/cert/1", "200 OK", server.root().issue_chain(csr),
                           "Content-Type: application/pem-certificate-chain\r\n");
    }
    void has_ordered(Generation number)
    {
        lineage.write_order(
            {"pebble", server.url("/dir"), server.url("/a/1"), server.url("/o/1"), number, now()});
    }
    JobResult run()
    {
        CaContexts cas(spool, options, server.clock());
        return run(lineage, cas);
    }
    /// One of several in a pass.
    JobResult run(const Lineage &one, CaContexts &cas)
    {
        Connections connections;
        return LineageJob(spool, one.name(), options, cas, connections, server.clock()).run();
    }
    /// How often the CA was asked for this.
    int asked(const std::string &request) const
    {
        int count = 0;
        for (const std::string &line : split(server.log(), ','))
            count += trim(line) == request;
        return count;
    }

    ScriptedCa server;
    RenewOptions options;
    Lineage lineage;
};

}
