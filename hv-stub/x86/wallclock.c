/* SPDX-License-Identifier: MIT */
/* Wall clock from the CMOS clock (Motorola MC146818): read once at boot. */
#include "hv.h"
#include "cpu.h"

enum { RTC_SECONDS = 0, RTC_MINUTES = 2, RTC_HOURS = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9 };
#define RTC_STATUS_A 10
#define RTC_STATUS_B 11
#define RTC_UPDATING 0x80
#define RTC_BINARY   0x04
#define RTC_24H      0x02
#define RTC_PM       0x80

struct rtc_time {
    uint8_t second, minute, hour, day, month, year;
};

static uint8_t cmos_read(uint8_t reg)
{
    outb(0x70, reg);
    return inb(0x71);
}

static void rtc_read_raw(struct rtc_time *t)
{
    for (int i = 0; i < 10000 && (cmos_read(RTC_STATUS_A) & RTC_UPDATING); i++)
        arch_relax();
    *t = (struct rtc_time){
        .second = cmos_read(RTC_SECONDS),
        .minute = cmos_read(RTC_MINUTES),
        .hour = cmos_read(RTC_HOURS),
        .day = cmos_read(RTC_DAY),
        .month = cmos_read(RTC_MONTH),
        .year = cmos_read(RTC_YEAR),
    };
}

static uint8_t from_bcd(uint8_t v)
{
    return (uint8_t)((v >> 4) * 10 + (v & 15));
}

static void rtc_decode(struct rtc_time *t, uint8_t status_b)
{
    bool pm = t->hour & RTC_PM;

    t->hour &= (uint8_t)~RTC_PM;
    if (!(status_b & RTC_BINARY))
        for (unsigned i = 0; i < sizeof(*t); i++)
            ((uint8_t *)t)[i] = from_bcd(((uint8_t *)t)[i]);
    if (!(status_b & RTC_24H))
        t->hour = (uint8_t)(t->hour % 12 + (pm ? 12 : 0));
}

/* Days since 1970-01-01: years begin in March so that the leap day is the last one. */
static uint64_t days_from_date(uint64_t y, uint64_t m, uint64_t d)
{
    y -= m <= 2;
    m = (m + 9) % 12;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + d - 1 - 719468;
}

uint64_t arch_wallclock_boot(void)
{
    struct rtc_time t, again;

    rtc_read_raw(&t);
    for (int i = 0; i < 4; i++) { /* an update in the middle shows as a difference */
        rtc_read_raw(&again);
        if (!memcmp(&t, &again, sizeof(t)))
            break;
        t = again;
    }
    rtc_decode(&t, cmos_read(RTC_STATUS_B));
    return ((days_from_date(2000u + t.year, t.month, t.day) * 24 + t.hour) * 60 + t.minute) * 60 +
           t.second;
}
