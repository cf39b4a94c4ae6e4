// SPDX-License-Identifier: MIT
// The last part of a URL of ours, and a nonce: nothing that was not made here opens, and what is
// put into a token comes out of it.
#include "base/text.h"
#include "server/nonce.h"
#include "server/url_token.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

struct Fixture {
    Fixture() : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base) {}

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    FakeClock clock;
    ServerOptions options;
    RenewOptions renew;
    SecretKeyring secrets{spool, clock};
    ServerContext context{spool, options, renew, clock, secrets, ClientStore(spool)};
};

void check_foreign(ServerContext &context, std::string_view text)
{
    for (const auto kind : {UrlToken::Kind::order, UrlToken::Kind::authorization,
                            UrlToken::Kind::challenge, UrlToken::Kind::certificate}) {
        if (open_url_token(context, text, kind, ""))
            std::abort();
    }
    if (is_our_nonce(context, text) || spend_nonce(context, text))
        std::abort();
}

void check_own(ServerContext &context, const std::string &text)
{
    const Time expires = context.clock.now() + Seconds(1);
    const UrlToken token{UrlToken::Kind::order, "ca", text, "account", text, expires, ""};
    const std::string sealed = seal_url_token(context, token);
    const auto opened = open_url_token(context, sealed, UrlToken::Kind::order, "account");
    if (!opened || opened->url != text || opened->ca_account != text ||
        seal_url_token(context, *opened) != sealed)
        std::abort();
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    static Fixture fixture;
    const std::string text(reinterpret_cast<const char *>(data), size);
    check_foreign(fixture.context, text);
    try {
        check_own(fixture.context, text);
    } catch (const Error &) {
        return 0; // too long, or not UTF-8
    }
    return 0;
}
