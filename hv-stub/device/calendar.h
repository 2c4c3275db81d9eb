/* SPDX-License-Identifier: MIT */
/* Gregorian dates to and from seconds since 1970, by arithmetic alone. */
#ifndef PVKIT_DEVICE_CALENDAR_H
#define PVKIT_DEVICE_CALENDAR_H

#include <stdint.h>

struct calendar {
    int year; /* 1601 and later */
    int month, day;
    int weekday; /* 1 = Sunday */
    int hour, minute, second;
};

/* The date of `unix_time`, which must not be before 1601. */
struct calendar calendar_from_unix(int64_t unix_time);

/* Inverse of the above; `weekday` is ignored, fields out of range carry over into the next. */
int64_t calendar_to_unix(const struct calendar *date);

#endif
