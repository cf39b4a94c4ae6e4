// SPDX-License-Identifier: MIT
// The small files beside a lineage's generations, and the one in them.
#include "spool/lineage.h"

#include "spool/readable.h"

namespace acmeproxy {

std::optional<OriginRecord> Lineage::origin(Generation number) const
{
    return readable([&]() -> std::optional<OriginRecord> {
        const auto json =
            spool_.read_json(SpoolNames::generation(name_, number, GenerationFile::origin));
        return json ? std::optional(parse_origin_record(*json)) : std::nullopt;
    });
}

void Lineage::write_origin(Generation number, const OriginRecord &record) const
{
    spool_.write_json(SpoolNames::generation(name_, number, GenerationFile::origin),
                      to_json(record));
}

std::optional<OrderRecord> Lineage::order() const
{
    return readable([&]() -> std::optional<OrderRecord> {
        const auto json = spool_.read_json(path_to(LineageFile::order));
        return json ? std::optional(parse_order_record(*json)) : std::nullopt;
    });
}

void Lineage::write_order(const OrderRecord &record) const
{
    spool_.write_json(path_to(LineageFile::order), to_json(record));
}

void Lineage::drop_order() const
{
    spool_.remove(path_to(LineageFile::order));
}

RetryRecord Lineage::retry() const
{
    return readable([&]() -> RetryRecord {
        const auto json = spool_.read_json(path_to(LineageFile::retry));
        return json ? parse_retry_record(*json) : RetryRecord{};
    });
}

void Lineage::write_retry(const RetryRecord &record) const
{
    if (record.is_clean())
        spool_.remove(path_to(LineageFile::retry));
    else
        spool_.write_json(path_to(LineageFile::retry), to_json(record));
}

std::optional<AriRecord> Lineage::ari() const
{
    return readable([&]() -> std::optional<AriRecord> {
        const auto json = spool_.read_json(path_to(LineageFile::ari));
        return json ? std::optional(parse_ari_record(*json)) : std::nullopt;
    });
}

void Lineage::write_ari(const AriRecord &record) const
{
    spool_.write_json(path_to(LineageFile::ari), to_json(record));
}

}
