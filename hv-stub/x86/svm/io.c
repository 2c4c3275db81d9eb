/* SPDX-License-Identifier: MIT */
/* Port accesses: IN and OUT, and INS and OUTS with their repeat prefix in bounded portions. */
#include "svm_internal.h"

/* Elements per exit: the guest executes the rest of the instruction again. */
#define STRING_PORTION 128

/* Port accesses after which host interrupts are let in without being asked. Bochs 2.7 does not end
 * the turn of a guest for an interrupt that was pending at VMRUN while the guest had its own
 * interrupts off, so a guest that polls a port would wait for ever for what the interrupt does. */
#define IO_WINDOW 64

struct string_io {
    struct svm_vcpu *sv;
    uint16_t port;
    unsigned int size;
    bool in;
    uint64_t address_mask; /* by the instruction's address size */
    uint64_t base, limit;  /* of the segment; the limit does not count in 64-bit mode */
    uint64_t *index;       /* rsi or rdi */
};

/* A write to a register with the instruction's address size: 16-bit ones keep the rest. */
static void put_masked(uint64_t *reg, uint64_t value, uint64_t mask)
{
    *reg = mask == 0xffff ? (*reg & ~mask) | (value & mask) : value & mask;
}

/* Linear address of the present element; false if the segment does not reach there. */
static bool element_address(const struct string_io *io, uint64_t *linear)
{
    uint64_t offset = *io->index & io->address_mask;

    *linear = io->base + offset;
    if (svm_64bit(io->sv->vmcb))
        return true;
    *linear = (uint32_t)*linear;
    return offset + io->size - 1 <= io->limit;
}

static bool read_element(const struct string_io *io, uint64_t linear, struct gmem_fault *fault)
{
    uint32_t value = 0;

    if (gmem_copy(io->sv, linear, &value, io->size, GMEM_READ, fault))
        return false;
    machine_out(io->sv, io->port, io->size, value);
    return true;
}

/* Both ends of the element are probed first: a port read cannot be taken back. */
static bool write_element(const struct string_io *io, uint64_t linear, struct gmem_fault *fault)
{
    bool user = io->sv->vmcb->cpl == 3;
    uint64_t gpa;
    uint32_t value;

    for (unsigned int i = 0; i<io->size; i += io->size> 1 ? io->size - 1 : 1) {
        fault->address = linear + i;
        if (!gmem_translate(io->sv, linear + i, GMEM_WRITE, user, &gpa, &fault->error))
            return false;
    }
    value = machine_in(io->sv, io->port, io->size);
    return !gmem_copy(io->sv, linear, &value, io->size, GMEM_WRITE, fault);
}

/* One element. False: an exception was queued instead. */
static bool string_element(struct string_io *io)
{
    struct gmem_fault fault;
    uint64_t linear, step = io->size;

    if (!element_address(io, &linear)) {
        svm_inject(io->sv, EXC_GP, 0);
        return false;
    }
    if (!(io->in ? write_element(io, linear, &fault) : read_element(io, linear, &fault))) {
        svm_inject_page_fault(io->sv, fault.address, fault.error);
        return false;
    }
    if (io->sv->vmcb->rflags & RFLAGS_DF)
        step = -step;
    put_masked(io->index, *io->index + step, io->address_mask);
    return true;
}

/*
 * Many elements at once, for devices that can: those up to the end of the page, which one look at
 * the page tables covers. How many were moved; 0: go on one by one.
 */
static uint64_t string_block(struct string_io *io, uint64_t count)
{
    struct vmcb *c = io->sv->vmcb;
    uint64_t linear, offset = *io->index & io->address_mask, n;
    struct frame *f;
    uint8_t *p;

    if (!element_address(io, &linear) || (c->rflags & (RFLAGS_DF | RFLAGS_TF)))
        return 0;
    n = MIN(count, (PAGE_SIZE - linear % PAGE_SIZE) / io->size);
    if (!n || offset + n * io->size > io->address_mask ||
        (!svm_64bit(c) && offset + n * io->size - 1 > io->limit))
        return 0;
    p = gmem_linear(io->sv, linear, io->in ? GMEM_WRITE : GMEM_READ, c->cpl == 3);
    if (!p)
        return 0;
    /* While it waits for the devices another vcpu may give the page back. */
    f = frame_of(virt_to_mfn(p));
    if (!frame_get(f, io->sv->vcpu->domain))
        return 0;
    n = io->in ? machine_in_block(io->sv, io->port, p, io->size, (uint32_t)n)
               : machine_out_block(io->sv, io->port, p, io->size, (uint32_t)n);
    frame_put(f);
    put_masked(io->index, *io->index + n * io->size, io->address_mask);
    return n;
}

/* True when the whole instruction is done. */
static bool string_portion(struct string_io *io, bool rep)
{
    struct cpu_user_regs *regs = io->sv->regs;
    unsigned int portion = io->sv->vmcb->rflags & RFLAGS_TF ? 1 : STRING_PORTION;
    uint64_t mask = io->address_mask;

    if (!rep)
        return string_element(io);
    for (unsigned int i = 0; i < portion && (regs->rcx & mask); i++) {
        uint64_t n = string_block(io, regs->rcx & mask);

        if (!n && !string_element(io))
            return false;
        put_masked(&regs->rcx, regs->rcx - (n ? n : 1), mask);
    }
    return !(regs->rcx & mask);
}

/* QEMU 7.2 leaves the address size out of the exit information. */
static uint64_t address_mask(struct svm_vcpu *sv, uint32_t info)
{
    if (info & IOIO_ADDR_16)
        return 0xffff;
    if (info & IOIO_ADDR_32)
        return 0xffffffff;
    return info & IOIO_ADDR_64 ? ~0ull : svm_address_mask(sv);
}

static bool exit_string(struct svm_vcpu *sv, uint32_t info)
{
    struct vmcb *c = sv->vmcb;
    struct string_io io = {
        .sv = sv,
        .port = info >> IOIO_PORT_SHIFT,
        .size = IOIO_SIZE(info),
        .in = info & IOIO_IN,
        .address_mask = address_mask(sv, info),
        .limit = 0xffffffff,
        .index = info & IOIO_IN ? &sv->regs->rdi : &sv->regs->rsi,
    };

    if (!io.in)
        io.base = svm_outs_base(sv, &io.limit);
    else if (!svm_64bit(c))
        io.base = c->es.base, io.limit = c->es.limit;
    if (string_portion(&io, info & IOIO_REP))
        svm_skip_to(sv, c->exit_info2);
    else if ((c->rflags & RFLAGS_TF) && !(c->event_inj & EVENT_VALID))
        svm_inject_step(sv); /* each repetition is a step */
    return false;
}

bool svm_exit_ioio(struct svm_vcpu *sv)
{
    struct vmcb *c = sv->vmcb;
    uint32_t info = (uint32_t)c->exit_info1;
    unsigned int size = IOIO_SIZE(info);
    uint32_t value;

    if (unlikely(info & IOIO_STRING))
        return exit_string(sv, info);
    if (info & IOIO_IN) {
        value = machine_in(sv, info >> IOIO_PORT_SHIFT, size);
        c->rax = size == 4   ? value
                 : size == 2 ? (c->rax & ~0xffffull) | (value & 0xffff)
                             : (c->rax & ~0xffull) | (value & 0xff);
    } else {
        machine_out(sv, info >> IOIO_PORT_SHIFT, size, (uint32_t)c->rax);
    }
    svm_skip_to(sv, c->exit_info2);
    return ++sv->io_exits % IO_WINDOW == 0 || !domain_alive(sv->vcpu->domain);
}
