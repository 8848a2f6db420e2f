#include "base/rfc3339.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>

namespace tributary {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads exactly `count` digits at `position`; false where they are not there.
bool read_number(std::string_view text, std::size_t position, std::size_t count, int& out) {
    if (position + count > text.size()) return false;
    out = 0;
    for (std::size_t i = position; i < position + count; ++i) {
        if (!is_digit(text[i])) return false;
        out = out * 10 + (text[i] - '0');
    }
    return true;
}

/// Reads `.123…` at `position` and moves behind it; truncates to milliseconds.
bool read_fraction(std::string_view text, std::size_t& position, int& milliseconds) {
    milliseconds = 0;
    if (position >= text.size() || text[position] != '.') return true;
    const std::size_t first = ++position;
    int scale = 100;
    for (; position < text.size() && is_digit(text[position]); ++position, scale /= 10) {
        milliseconds += (text[position] - '0') * scale;
    }
    return position > first;
}

/// Reads `Z` or `+hh:mm` as minutes east of UTC; it must be all that is left.
bool read_offset(std::string_view text, std::size_t position, int& minutes) {
    minutes = 0;
    if (position + 1 == text.size()) return text[position] == 'Z' || text[position] == 'z';
    if (position + 6 != text.size() || text[position + 3] != ':') return false;
    const char sign = text[position];
    int hour = 0;
    int minute = 0;
    if ((sign != '+' && sign != '-') || !read_number(text, position + 1, 2, hour) ||
        !read_number(text, position + 4, 2, minute) || hour > 23 || minute > 59) {
        return false;
    }
    minutes = (hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return true;
}

/// Digits by hand: three such texts stand in every document, and a format costs ten times as much.
void write_number(std::string& text, std::size_t position, std::size_t count, std::int64_t value) {
    for (std::size_t i = position + count; i-- > position; value /= 10) {
        text[i] = static_cast<char>('0' + value % 10);
    }
}

}  // namespace

std::string format_rfc3339(Timestamp time) {
    time = std::clamp(time, kFirstTimestamp, kLastTimestamp);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text = "....-..-..T..:..:......Z";
    write_number(text, 0, 4, static_cast<int>(date.year()));
    write_number(text, 5, 2, static_cast<unsigned>(date.month()));
    write_number(text, 8, 2, static_cast<unsigned>(date.day()));
    write_number(text, 11, 2, clock.hours().count());
    write_number(text, 14, 2, clock.minutes().count());
    write_number(text, 17, 2, clock.seconds().count());
    write_number(text, 20, 3, clock.subseconds().count());
    return text;
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
    const auto refuse = [&] {
        return fail(ErrorCode::invalid_input,
                    fmt::format("\"{}\" is not an RFC 3339 date-time such as 2026-11-23T06:00:00Z.",
                                text.substr(0, 64)));
    };
    constexpr std::string_view kPattern = "....-..-..T..:..:..";
    if (text.size() < kPattern.size() + 1 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' ||
        text[16] != ':') {
        return refuse();
    }
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0,
        offset = 0;
    std::size_t position = kPattern.size();
    if (!read_number(text, 0, 4, year) || !read_number(text, 5, 2, month) ||
        !read_number(text, 8, 2, day) || !read_number(text, 11, 2, hour) ||
        !read_number(text, 14, 2, minute) || !read_number(text, 17, 2, second) ||
        !read_fraction(text, position, milliseconds) || !read_offset(text, position, offset)) {
        return refuse();
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    // 60 is a leap second: valid in RFC 3339, and the next second on our clocks.
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return refuse();
    return Timestamp(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                     std::chrono::minutes(minute - offset) + std::chrono::seconds(second) +
                     std::chrono::milliseconds(milliseconds));
}

}  // namespace tributary
