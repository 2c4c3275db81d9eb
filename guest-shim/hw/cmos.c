/* SPDX-License-Identifier: MIT */
/* The clock in the CMOS memory: Motorola MC146818 registers. */
#include "hw.h"

#define INDEX 0x70
#define DATA  0x71

#define REG_A     0x0a
#define REG_B     0x0b
#define A_UPDATE  0x80 /* values change within 244 microseconds */
#define B_BINARY  0x04
#define B_24_HOUR 0x02
#define PM        0x80
#define YEARS_ON  2000

struct stamp {
    uint8_t second, minute, hour, day, month, year;
};

static uint8_t read_reg(uint8_t reg)
{
    outb(INDEX, reg);
    return inb(DATA);
}

static struct stamp read_stamp(void)
{
    while (read_reg(REG_A) & A_UPDATE)
        ;
    return (struct stamp){read_reg(0), read_reg(2), read_reg(4),
                          read_reg(7), read_reg(8), read_reg(9)};
}

static uint8_t from_bcd(uint8_t v)
{
    return (v >> 4) * 10 + (v & 15);
}

static void decode(struct stamp *s, uint8_t format)
{
    bool pm = !(format & B_24_HOUR) && s->hour & PM;

    s->hour &= ~PM;
    if (!(format & B_BINARY))
        *s = (struct stamp){from_bcd(s->second), from_bcd(s->minute), from_bcd(s->hour),
                            from_bcd(s->day),    from_bcd(s->month),  from_bcd(s->year)};
    if (!(format & B_24_HOUR))
        s->hour = s->hour % 12 + (pm ? 12 : 0);
}

/* Days from 1970 to the given date of the Gregorian calendar (valid to 2099). */
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t days = (year - 1970) * 365 + (year - 1969) / 4;

    if (month < 1 || month > 12)
        month = 1;
    days += before[month - 1] + day - 1;
    return month > 2 && year % 4 == 0 ? days + 1 : days;
}

uint64_t cmos_time(void)
{
    struct stamp a, b = read_stamp();

    do { /* two equal readings: no update in between */
        a = b;
        b = read_stamp();
    } while (a.second != b.second || a.minute != b.minute || a.hour != b.hour);
    decode(&a, read_reg(REG_B));
    return ((days_since_1970(YEARS_ON + a.year, a.month, a.day) * 24 + a.hour) * 60 + a.minute) *
               60 +
           a.second;
}
