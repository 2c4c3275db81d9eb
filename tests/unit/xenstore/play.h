/* SPDX-License-Identifier: MIT */
/*
 * Plays a session of requests, written down line by line, against a store and writes what comes
 * back. The session in session.txt was played against Xen 4.17's xenstored; what it answered is
 * session.expected.
 *
 *   1 WRITE data/a|hello      a request of domain 1; '|' is a 0 byte
 *   1 @2 READ data/a|         the same within transaction 2
 *   # comment
 *
 * Output is the line itself, then one line per message that came to any domain, "  1: READ hello".
 */
#ifndef PLAY_H
#define PLAY_H

#include <stdint.h>
#include <stdio.h>

#include <xen/io/xs_wire.h>

#define PLAY_DOMAINS 3

/* Where a domain's ring is, and how the store learns of a change in it. */
struct xenstore_domain_interface *play_ring(unsigned id);
void play_kick(unsigned id);

void play(FILE *in, FILE *out);

#endif
