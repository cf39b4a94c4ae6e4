// SPDX-License-Identifier: MIT
#include "acme/issued.h"

#include "acme/answer.h"
#include "acme/ca_url.h"
#include "base/log.h"

namespace acmeproxy {

namespace {

constexpr std::size_t max_alternates = 10;

/// Targets may be relative (RFC 8288, section 3.1). What is no https URL is left out: an
/// alternate is an offer only.
std::vector<std::string> alternates_of(const HttpResponse &response, const std::string &url)
{
    std::vector<std::string> alternates;
    for (const std::string &target : response.links("alternate")) {
        if (alternates.size() == max_alternates)
            break;
        try {
            alternates.push_back(checked_url("alternate", resolve_url(url, target)));
        } catch (const Error &) {
        }
    }
    return alternates;
}

/// nullopt where the CA has it not, or not in a form that can be read. A CA in trouble may have it
/// later, and so may one that cannot be reached: that is thrown.
std::optional<DownloadedChain> download_alternate(AcmeSession &session, const Signer &account,
                                                  const std::string &url)
try {
    return download_chain(session, account, url);
} catch (const HttpError &) {
    throw;
} catch (const Error &e) {
    const CaProblem *problem = find_cause<CaProblem>(e);
    if (problem && (problem->asks_to_wait() || problem->status >= 500))
        throw;
    log_warning("an alternate chain is left out: " + describe(e));
    return std::nullopt;
}

bool ends_at(const DownloadedChain &chain, const std::string &common_name)
{
    return chain.certificates.back().issuer_common_name() == common_name;
}

}

DownloadedChain download_chain(AcmeSession &session, const Signer &account, const std::string &url,
                               std::vector<std::string> *alternates)
{
    const std::string doing = "certificate";
    checked_url("the URL of the certificate", url);
    HttpResponse response = session.post(url, "", account, doing);
    return read_answer(doing, url, [&] {
        std::vector<Certificate> certificates = parse_chain(response.body);
        if (alternates)
            *alternates = alternates_of(response, url);
        return DownloadedChain{std::move(response.body), std::move(certificates)};
    });
}

DownloadedChain download_preferred_chain(AcmeSession &session, const Signer &account,
                                         const std::string &url, const std::string &preferred_chain)
{
    std::vector<std::string> alternates;
    DownloadedChain chain = download_chain(session, account, url, &alternates);
    if (preferred_chain.empty() || ends_at(chain, preferred_chain))
        return chain;
    for (const std::string &alternate : alternates) {
        auto other = download_alternate(session, account, alternate);
        if (other && ends_at(*other, preferred_chain))
            return std::move(*other);
    }
    return chain;
}

}
