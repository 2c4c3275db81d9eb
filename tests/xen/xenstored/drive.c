/* SPDX-License-Identifier: MIT */
/* drive DIR <SESSION >ANSWERS: play a session (tests/unit/xenstore/play.h) against a xenstored
 * that runs with fake_xen.c. */
#include "play.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct xenstore_domain_interface *rings[PLAY_DOMAINS];
static int events;

struct xenstore_domain_interface *play_ring(unsigned id)
{
    return rings[id];
}

/* Until nothing has moved for a while. */
void play_kick(unsigned id)
{
    uint32_t port = id + 100, before[PLAY_DOMAINS][2] = {0};

    if (write(events, &port, sizeof(port)) != sizeof(port))
        exit(2);
    for (int quiet = 0; quiet < 8; quiet++) {
        usleep(1000);
        for (unsigned i = 0; i < PLAY_DOMAINS; i++) {
            uint32_t now[2] = {rings[i]->rsp_prod, rings[i]->req_cons};

            if (now[0] != before[i][0] || now[1] != before[i][1])
                quiet = 0;
            before[i][0] = now[0];
            before[i][1] = now[1];
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || chdir(argv[1]))
        return 2;
    for (unsigned i = 0; i < PLAY_DOMAINS; i++) {
        char name[16];
        int fd;

        snprintf(name, sizeof(name), "ring.%u", i);
        fd = open(name, O_RDWR);
        rings[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (rings[i] == MAP_FAILED)
            return 2;
    }
    events = open("events", O_RDWR);
    play(stdin, stdout);
    return 0;
}
