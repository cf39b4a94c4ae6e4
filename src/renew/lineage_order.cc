// SPDX-License-Identifier: MIT
// LineageJob's dealings with the CA: placing an order, and against whose quota it counts, resuming
// one, storing what comes of it, and renewal information.
#include "renew/lineage_job.h"

#include "acme/issued.h"
#include "acme/order.h"
#include "base/log.h"
#include "base/text.h"
#include "renew/order_run.h"
#include "spool/client_store.h"
#include "spool/lineage_owner.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

/// Whether the CA's answer means that there is no such order for us (any more).
bool is_order_gone(const CaProblem &problem)
{
    return problem.status == 404 || problem.status == 410 || problem.type == "malformed" ||
           problem.type == "unauthorized" || is_account_lost(problem);
}

/// Whether the CA takes another key than ours for the account's: since a rollover that this pass
/// has not seen, or one that came after the backup that our key is from.
bool is_key_outdated(AcmeSession &session, const Account &account, const CaProblem &problem)
{
    if ((problem.type != "malformed" && problem.type != "unauthorized") || problem.status == 404)
        return false;
    try {
        const auto known = find_account(session, account.key);
        return !known || known->url != account.url;
    } catch (const Error &) {
        return false; // what the CA said first is told
    }
}

/// What the CA asked for, a day at most.
Seconds asked_pause(const std::exception &e)
{
    const CaProblem *problem = find_cause<CaProblem>(e);
    const auto asked = problem ? problem->retry_after : std::nullopt;
    return std::min<Seconds>(asked.value_or(Seconds(0)), std::chrono::hours(24));
}

/// Whether an order that has no certificate will never have one. A CA need not say when an order
/// that it works on ends (RFC 8555, section 7.1.3), nor end it: no order takes longer than a week.
bool is_over(const Order &order, const OrderRecord &record, Time now)
{
    return order.status != "valid" && order.status != "invalid" &&
           order.expires.value_or(record.placed + std::chrono::days(7)) < now;
}

}

/// A renewal whose time has come, in its turn: nobody asked for it.
bool LineageJob::is_on_schedule() const
{
    const LineageFacts facts = lineage_.facts(spec_);
    const GenerationFacts *live = facts.live_generation();
    if (forced_ || !live || !live->wanted || (retry_.next && *retry_.next > clock_.now()))
        return false;
    const auto chain = lineage_.chain(live->number);
    return renewal_reason(question_of_time(live->number, chain->front()), clock_.now()) !=
           RenewalReason::none;
}

/// Whatever a client wishes, changes, deletes and wishes again, it gets the orders that it may
/// place. Those of the operator's hand, and renewals in their turn, are not its own.
void LineageJob::count_against_quota(Step step) const
{
    if (!spec_.owner || options_.force || !options_.names.empty() || is_on_schedule())
        return;
    const ClientStore clients(spool_);
    const auto policy = clients.policy(*spec_.owner);
    if (!policy)
        return; // check_owner() has refused it
    // Without a quota, what its lineages may need a day; but not more by deleting and wishing anew.
    const int limit =
        policy->orders_per_day.value_or(most_certificates_a_day * policy->max_lineages);
    const Time now = clock_.now();
    // Before a key is made for it one looks, with the order one counts.
    const bool is_left = step == Step::order ? clients.count_order(*spec_.owner, limit, now)
                                             : clients.orders_today(*spec_.owner, now) < limit;
    if (!is_left)
        throw orders_used_up(limit, now);
}

void LineageJob::place_order(Generation number)
{
    CaContext &context = ca();
    try {
        AcmeSession session(connections_.to(context), context.service(), clock_, options_.random);
        auto account = context.account(session, account_owner(spool_, spec_));
        OrderRequest request{spec_.identifiers, {}, {}, {}, {}};
        request.profile = spec_.profile.empty() ? context.config().profile : spec_.profile;
        // Only a CA that told us of a window for the old certificate knows what it would replace.
        if (const auto live = lineage_.live()) {
            const auto chain = lineage_.chain(*live);
            const auto ari = chain ? ari_of(chain->front()) : std::nullopt;
            if (ari && ari->start && !session.directory().renewal_info.empty())
                request.replaces = ari->certificate_id;
        }
        const Order order = request_order(session, request, account);
        lineage_.write_order({context.name().str(), context.service().directory_url(), account->url,
                              order.url, number, clock_.now()});
        finish_order(session, *account, order, number);
        context.note_success();
    } catch (const std::exception &e) {
        context.note_failure(e);
        throw;
    }
}

Order LineageJob::request_order(AcmeSession &session, const OrderRequest &request,
                                std::shared_ptr<const Account> &account)
{
    try {
        return new_order(session, account->signer(), request);
    } catch (const CaProblem &problem) {
        if (is_account_lost(problem) || is_key_outdated(session, *account, problem)) {
            // Once: a CA that lost its accounts gets ours again.
            log_warning(lineage_.name().str() + ": " + problem.what() +
                        "; the account is looked for again");
            const ClientId owner = account_owner(spool_, spec_);
            ca().forget(*account, owner);
            account = ca().account(session, owner);
            return new_order(session, account->signer(), request);
        }
        if (request.replaces.empty() || problem.asks_to_wait() || problem.type == "badNonce")
            throw;
        log_warning(lineage_.name().str() + ": " + problem.what() +
                    "; ordered once more without \"replaces\"");
    }
    OrderRequest plain = request;
    plain.replaces.clear();
    return new_order(session, account->signer(), plain);
}

void LineageJob::resume_order(Generation number)
{
    CaContext &context = ca();
    const auto record = lineage_.order();
    try {
        AcmeSession session(connections_.to(context), context.service(), clock_, options_.random);
        const ClientId owner = account_owner(spool_, spec_);
        const auto account = context.account(session, owner);
        if (record->ca != context.name().str() ||
            record->directory != context.service().directory_url() ||
            record->account != account->url) {
            log_info(lineage_.name().str() +
                     ": its order belongs to another account or CA and is left");
            lineage_.drop_order();
            return;
        }
        std::optional<Order> order;
        try {
            order = fetch_order(session, account->signer(), record->url);
        } catch (const CaProblem &problem) {
            if (!is_order_gone(problem) || problem.asks_to_wait())
                throw;
            if (is_key_outdated(session, *account, problem)) {
                context.forget(*account, owner);
                throw; // the order may still be ours by the right key
            }
            lineage_.drop_order();
            if (is_account_lost(problem))
                context.forget(*account, owner);
            throw Error(std::string("the CA no longer knows the order: ") + problem.what());
        }
        if (!same_set(order->identifiers, spec_.identifiers)) {
            log_warning(lineage_.name().str() + ": its order is for other names (" +
                        to_text(order->identifiers) + ") and is left");
            lineage_.drop_order();
            return;
        }
        if (is_over(*order, *record, clock_.now())) {
            log_warning(lineage_.name().str() + ": its order has expired, and is still \"" +
                        order->status + "\" at the CA: it is left");
            lineage_.drop_order();
            return;
        }
        finish_order(session, *account, *order, number);
        context.note_success();
    } catch (const std::exception &e) {
        context.note_failure(e);
        throw;
    }
}

void LineageJob::finish_order(AcmeSession &session, const Account &account, const Order &order,
                              Generation number)
{
    const auto csr = lineage_.request(number);
    if (!csr)
        throw Error("read " + lineage_.path(number, GenerationFile::request));
    const Signer signer = account.signer();
    const std::string &preferred =
        spec_.preferred_chain.empty() ? options_.preferred_chain : spec_.preferred_chain;
    std::optional<DownloadedChain> chain;
    try {
        OrderRun run(spool_, session, account.key, signer, options_);
        chain = run.complete(order, *csr, preferred);
    } catch (const OrderDead &) {
        lineage_.drop_order();
        throw;
    }
    if (!(chain->certificates.front().public_key() == csr->public_key())) {
        lineage_.abandon(number);
        throw Error("the order was used for another key; its certificate is of no use here");
    }
    try {
        check_chain(chain->certificates, csr->public_key(), spec_.identifiers, clock_.now());
    } catch (...) {
        // The order has given all it will ever give.
        lineage_.abandon(number);
        rethrow_while("check the certificate that the CA issued");
    }
    lineage_.commit(number, chain->certificates);
}

void LineageJob::refresh_renewal_info(const Certificate &certificate, const CertificateTimes &times)
{
    const auto id = certificate.renewal_info_id();
    const Time now = clock_.now();
    // A certificate that was issued a moment ago is not asked about in the same breath.
    if (!id || times.not_after <= now || result_.end == JobResult::End::obtained)
        return;
    auto record = ari_of(certificate);
    // One that is days ahead is of a clock that was wrong.
    if (record && record->next_poll > now && !is_due(record->next_poll, now))
        return;
    CaContext *asked = nullptr;
    bool has_directory = false;
    try {
        CaContext &context = ca();
        if (!context.advises())
            return put_off(record, *id, std::chrono::hours(1));
        asked = &context;
        context.check_open();
        AcmeSession session(connections_.to(context), context.service(), clock_, options_.random);
        if (session.directory().renewal_info.empty()) {
            // Or the time to ask, which has come, would have the lineage looked at in each pass.
            spool_.remove(SpoolNames::lineage(lineage_.name(), LineageFile::ari));
            return;
        }
        has_directory = true;
        AriRecord next;
        next.certificate_id = *id;
        next.next_poll = now + std::chrono::hours(6);
        const auto info = fetch_renewal_info(session, certificate);
        context.note_advice();
        if (info) {
            if (is_sound_window(info->start, info->end, times))
                next = pick_in_window(record, *id, info->start, info->end, options_.random);
            next.explanation_url = printable(info->explanation_url, 500);
            next.next_poll = now + info->retry_after;
        }
        lineage_.write_ari(next);
    } catch (const Deferred &) {
        return; // asked again when the CA is talked to again
    } catch (const std::exception &e) {
        // Advice only: what the CA cannot tell must not stop a renewal, nor the rest.
        if (asked)
            has_directory ? asked->note_no_advice(e) : asked->note_failure(e);
        log_warning(lineage_.name().str() + ": no renewal information: " + describe(e));
        put_off(record, *id, std::max<Seconds>(std::chrono::hours(6), asked_pause(e)));
    }
}

/// What was known of the window stays.
void LineageJob::put_off(std::optional<AriRecord> known, const std::string &certificate_id,
                         Seconds by) const
{
    AriRecord next = known ? std::move(*known) : AriRecord{};
    next.certificate_id = certificate_id;
    next.next_poll = clock_.now() + by;
    lineage_.write_ari(next);
}

}
