/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t port_value;

static void write_port(uint64_t port)
{
    outb((unsigned char)port_value, (unsigned short)port);
    outl(port_value, (unsigned short)port);
}

static void read_port(uint64_t port)
{
    (void)inl((unsigned short)port);
    (void)inb((unsigned short)port);
}

/* Those that restart or end a PC are among them: keyboard controller, 0xcf9, ACPI, debug exit. */
void attack_ports(uint64_t seed)
{
    unsigned whole = 0;

    printf("ports: iopl %d, ioperm %d\n", iopl(3), ioperm(0, 0x10000, 1));
    for (unsigned port = 0; port < 0x10000; port += port < 0x1000 ? 1 : 37) {
        port_value = (uint32_t)root_random(&seed);
        whole += survive(write_port, port) + survive(read_port, port);
    }
    for (unsigned port = 0xcf8; port < 0xd00; port++) {
        port_value = 0xe;
        whole += survive(write_port, port);
    }
    printf("ports: %u accesses came back\n", whole);
}

static void write_page(uint64_t at)
{
    *(volatile uint64_t *)at = at;
}

void attack_mem(uint64_t seed)
{
    static const char garbage[4096] = {1, 2, 3};
    unsigned written = 0, mapped = 0;
    int fd = open("/dev/mem", O_RDWR);

    if (fd < 0) {
        printf("mem: no /dev/mem\n");
        return;
    }
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t at = i < 256 ? i * 4096ull : root_random(&seed) >> (12 + seed % 20) << 12;
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)at);

        if (p == MAP_FAILED)
            continue;
        mapped += survive(write_page, (uintptr_t)p);
        munmap(p, 4096);
    }
    for (uint64_t at = 1ull << 33; at >= 1 << 20; at -= 1 << 22)
        written += pwrite(fd, garbage, sizeof(garbage), (off_t)at) > 0;
    printf("mem: %u pages written by mapping, %u otherwise\n", mapped, written);
    (void)pwrite(fd, garbage, sizeof(garbage), 0); /* Linux may not survive that */
    close(fd);
}

/* Bases of FS and GS are left out: without them Linux itself stops, which is tried otherwise. */
static const uint32_t registers[] = {
    0x10,       0x1b,       0x3a,       0x48,       0x49,       0x8b,       0xc1,       0xfe,
    0x174,      0x175,      0x176,      0x179,      0x17a,      0x186,      0x199,      0x19a,
    0x1a0,      0x1d9,      0x200,      0x201,      0x20f,      0x250,      0x268,      0x277,
    0x2ff,      0x38f,      0x400,      0x480,      0x6e0,      0x800,      0x80b,      0x830,
    0x83f,      0xda0,      0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000103,
    0xc0010000, 0xc0010010, 0xc0010015, 0xc001001a, 0xc001001f, 0xc0010114, 0xc0010117, 0xc0011029,
    0x40000000, 0x40000001, 0x40000003, 0x4b564d00,
};

void attack_msr(uint64_t seed)
{
    static const unsigned n = sizeof(registers) / sizeof(registers[0]);
    unsigned read = 0, written = 0;
    int fd = open("/dev/cpu/0/msr", O_RDWR);

    if (fd < 0) {
        printf("msr: no /dev/cpu/0/msr\n");
        return;
    }
    for (unsigned i = 0; i < 6 * n; i++) {
        uint64_t old = 0, value = i < n ? 0 : i < 2 * n ? ~0ull : root_random(&seed);

        read += pread(fd, &old, 8, registers[i % n]) == 8;
        if (i >= 3 * n) /* one bit */
            value = old ^ 1ull << value % 64;
        written += pwrite(fd, &value, 8, registers[i % n]) == 8;
    }
    close(fd);
    printf("msr: %u of %u reads, %u writes without an error\n", read, 6 * n, written);
}
