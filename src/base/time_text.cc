// SPDX-License-Identifier: MIT
#include "base/time_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

/// Exactly `digits` decimal digits at the front of `text`, which it moves past them.
std::optional<int> take_number(std::string_view &text, std::size_t digits)
{
    if (text.size() < digits)
        return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view &text, std::string_view expected)
{
    if (!text.starts_with(expected))
        return false;
    text.remove_prefix(expected.size());
    return true;
}

std::optional<Time> assemble(int year, int month, int day, int hour, int minute, int second)
{
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    // A leap second (60) is legal in RFC 3339 and counts as the next minute's first.
    if (!date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           Seconds(second);
}

/// "+02:00", "-05:30" or "Z", and nothing behind it.
std::optional<Seconds> parse_zone(std::string_view text)
{
    if (text == "Z" || text == "z")
        return Seconds(0);
    const bool west = text.starts_with('-');
    if (!take(text, west ? "-" : "+"))
        return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || !take(text, ":"))
        return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || !text.empty() || *hours > 23 || *minutes > 59)
        return std::nullopt;
    const Seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return west ? -offset : offset;
}

}

std::string format_rfc3339(Time time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()),
                       unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::optional<Time> parse_rfc3339(std::string_view text)
{
    const auto year = take_number(text, 4);
    if (!year || !take(text, "-"))
        return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, "-"))
        return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day || !(take(text, "T") || take(text, "t") || take(text, " ")))
        return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ":"))
        return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || !take(text, ":"))
        return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second)
        return std::nullopt;
    if (take(text, ".")) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0)
            return std::nullopt;
        text.remove_prefix(digits);
    }
    const auto zone = parse_zone(text);
    const auto local = assemble(*year, *month, *day, *hour, *minute, *second);
    if (!zone || !local)
        return std::nullopt;
    return *local - *zone;
}

std::optional<Time> parse_http_date(std::string_view text)
{
    // strptime's %a and %b follow the locale; we never call setlocale, so it is "C".
    const std::string copy(text);
    for (const char *format :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
        std::tm tm = {};
        const char *end = ::strptime(copy.c_str(), format, &tm);
        if (end == copy.data() + copy.size())
            return assemble(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                            tm.tm_sec);
    }
    return std::nullopt;
}

std::optional<Seconds> parse_retry_after(std::string_view text, Time now)
{
    constexpr Seconds ten_years(315360000); // as good as never, and safe to add to a time
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t seconds = 0;
        const auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        return err == std::errc() ? std::min(Seconds(seconds), ten_years) : ten_years;
    }
    const auto date = parse_http_date(text);
    if (!date)
        return std::nullopt;
    return std::clamp<Seconds>(*date - now, Seconds(0), ten_years);
}

std::string format_duration(Seconds duration)
{
    if (duration < Seconds(0))
        return format_duration(-duration) + " ago";
    const auto s = duration.count();
    if (s >= 2 * 86400)
        return fmt::format("{} d {} h", s / 86400, s % 86400 / 3600);
    if (s >= 2 * 3600)
        return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
    if (s >= 120)
        return fmt::format("{} min", s / 60);
    return fmt::format("{} s", s);
}

}
