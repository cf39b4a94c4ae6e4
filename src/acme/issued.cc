// SPDX-License-Identifier: MIT
#include "acme/issued.h"

#include "acme/answer.h"
#include "acme/ca_url.h"

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
        DownloadedChain other = download_chain(session, account, alternate);
        if (ends_at(other, preferred_chain))
            return other;
    }
    return chain;
}

}
