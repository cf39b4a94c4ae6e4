// SPDX-License-Identifier: MIT
#include "server/agent_files.h"

#include "base/text.h"
#include "server/agent_status.h"
#include "spool/agent_requests.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

struct Served {
    std::string_view name;
    GenerationFile file;
    std::string_view media_type;
};
constexpr std::string_view pem = "application/x-pem-file";
constexpr std::string_view pem_chain = "application/pem-certificate-chain";
constexpr std::string_view sealed = "application/octet-stream";
constexpr Served served[] = {
    {"fullchain.pem", GenerationFile::fullchain, pem_chain},
    {"cert.pem", GenerationFile::cert, pem},
    {"chain.pem", GenerationFile::chain, pem_chain},
    {"request.pem", GenerationFile::request, pem},
    {"privkey.pem.age", GenerationFile::privkey_age, sealed},
    {"bundle.pem.age", GenerationFile::bundle_age, sealed},
};

const Served *find_served(const std::string &name)
{
    for (const Served &one : served) {
        if (one.name == name)
            return &one;
    }
    return nullptr;
}

/// The generation in the path, whether it is there or not.
std::optional<Generation> generation_of(const Lineage &lineage, const std::string &text)
{
    if (text == "latest")
        return lineage.live();
    const auto number = parse_generation(text);
    if (!number)
        throw no_such_certificate();
    return number;
}

bool is_begun(const Lineage &lineage, Generation number)
{
    return lineage.spool().exists(SpoolNames::generation(lineage.name(), number));
}

/// RFC 9110, section 13.1.2: a list of tags, or "*".
bool has_tag(const std::string &header, const std::string &tag)
{
    for (const std::string &part : split(header, ',')) {
        std::string_view one = trim(part);
        if (one.starts_with("W/"))
            one.remove_prefix(2);
        if (one == tag || one == "*")
            return true;
    }
    return false;
}

}

CgiResponse file_response(const ServerContext &context, const AgentCaller &caller,
                          const AgentRoute &route, const CgiRequest &request)
{
    const Served *what = find_served(route.file);
    const LineageName name = caller.name_of(route.name);
    if (!what || !own_spec(context, caller, name)) {
        // A lineage that is only wished for has no file yet.
        if (what && route.generation == "latest")
            return answer_certificate(context, caller, name, 202);
        throw no_such_certificate();
    }
    const Lineage lineage(context.spool, name);
    const auto number = generation_of(lineage, route.generation);
    const auto stored = number ? lineage.stored_at(*number) : std::nullopt;
    if (!stored) {
        if (number && !is_begun(lineage, *number))
            throw no_such_certificate();
        return answer_certificate(context, caller, name, 202);
    }
    // The time tells a lineage from one of the same name that was deleted before.
    const std::string tag =
        fmt::format("\"{}-{:x}\"", generation_text(*number), stored->time_since_epoch().count());
    CgiResponse response;
    response.headers = {{"ETag", tag},
                        {"Content-Location", agent_url(context, route.name) + "/" +
                                                 generation_text(*number) + "/" + route.file}};
    // Another one is coming: to be told by a renewal or a revocation that waits for its pass.
    if (AgentRequests(context.spool).find(name))
        response.headers.emplace_back("Retry-After", std::to_string(when_pending.count()));
    if (has_tag(request.header("If-None-Match"), tag)) {
        response.status = 304;
        return response;
    }
    auto content = context.spool.read(SpoolNames::generation(name, *number, what->file));
    if (!content)
        throw no_such_certificate(); // pruned meanwhile, or a lineage whose key is elsewhere
    response.headers.emplace_back("Content-Type", what->media_type);
    response.body = std::move(*content);
    return response;
}

}
