/* SPDX-License-Identifier: MIT */
#include "calendar.h"

#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_100_YEARS 36524
#define DAYS_PER_4_YEARS   1461
#define SECONDS_PER_DAY    86400

/* Days from 1 March 1600, where a 400-year cycle of years that begin in March starts. */
#define DAYS_1600_TO_1970 135080

/* Days before the start of month `m`, counted from March (m = 0): 31 30 31 30 31, repeated. */
static int days_before_month(int m)
{
    return (153 * m + 2) / 5;
}

static int64_t days_from_date(int64_t year, int month, int day)
{
    int m = month - 3;

    year -= 1600;
    if (m < 0) {
        m += 12;
        year--;
    }
    return year * 365 + year / 4 - year / 100 + year / 400 + days_before_month(m) + day - 1;
}

int64_t calendar_to_unix(const struct calendar *date)
{
    int64_t days = days_from_date(date->year, date->month, date->day) - DAYS_1600_TO_1970;

    return days * SECONDS_PER_DAY + date->hour * 3600 + date->minute * 60 + date->second;
}

static void date_from_days(int64_t days, struct calendar *date)
{
    int64_t cycle = days / DAYS_PER_400_YEARS;
    int rest = days % DAYS_PER_400_YEARS, century, quad, year, m;

    /* The last day of a cycle, and of four years, is a leap day: it must not start a new part. */
    century = rest / DAYS_PER_100_YEARS < 4 ? rest / DAYS_PER_100_YEARS : 3;
    rest -= century * DAYS_PER_100_YEARS;
    quad = rest / DAYS_PER_4_YEARS;
    rest -= quad * DAYS_PER_4_YEARS;
    year = rest / 365 < 4 ? rest / 365 : 3;
    rest -= year * 365;
    m = (5 * rest + 2) / 153;
    date->day = rest - days_before_month(m) + 1;
    date->month = m < 10 ? m + 3 : m - 9;
    date->year = 1600 + cycle * 400 + century * 100 + quad * 4 + year + (m >= 10);
}

struct calendar calendar_from_unix(int64_t unix_time)
{
    int64_t seconds = unix_time + (int64_t)DAYS_1600_TO_1970 * SECONDS_PER_DAY;
    int64_t days = seconds / SECONDS_PER_DAY;
    int rest = seconds % SECONDS_PER_DAY;
    struct calendar date = {
        .weekday = (days + 3) % 7 + 1, /* 1 March 1600 was a Wednesday */
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };

    date_from_days(days, &date);
    return date;
}
