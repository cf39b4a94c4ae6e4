// SPDX-License-Identifier: MIT
#include "acme/issued.h"

#include "acme/answer.h"
#include "base/encoding.h"
#include "base/text.h"

namespace acmeproxy {

std::optional<int> parse_revocation_reason(std::string_view text)
{
    struct Reason {
        std::string_view name;
        int code;
    };
    // The others are for CAs to give: 2 and 10 are about their keys, 6 and 8 about suspension, 9
    // about privileges that they granted.
    static constexpr Reason reasons[] = {{"unspecified", 0},
                                         {"keyCompromise", 1},
                                         {"affiliationChanged", 3},
                                         {"superseded", 4},
                                         {"cessationOfOperation", 5}};
    for (const Reason &reason : reasons) {
        if (equal_ignoring_case(text, reason.name) || text == std::to_string(reason.code))
            return reason.code;
    }
    return std::nullopt;
}

bool revoke_certificate(AcmeSession &session, const Signer &signer, const Certificate &certificate,
                        std::optional<int> reason)
{
    const std::string doing = "revoke certificate " + certificate.serial();
    const Directory &directory = session.directory();
    if (directory.revoke_cert.empty())
        throw Error(at_ca(doing, directory.new_order) + ": the CA does not offer revokeCert");
    Json payload = Json::object();
    payload.set("certificate", base64url_encode(certificate.der()));
    if (reason)
        payload.set("reason", *reason);
    try {
        session.post(directory.revoke_cert, payload.to_text(), signer, doing);
    } catch (const CaProblem &problem) {
        if (problem.type == "alreadyRevoked")
            return false;
        throw;
    }
    return true;
}

}
