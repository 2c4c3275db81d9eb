/* SPDX-License-Identifier: MIT */
/* Port instructions. A PV domain owns no port: where its I/O privileges let an access through,
 * reads give all ones and writes go nowhere, as on Xen. */
#include "cpu.h"
#include "insn.h"
#include "pv.h"

#define PCI_ADDRESS 0xcf8 /* keeps what is written: kernels probe for PCI that way */
#define REP_MAX     64    /* elements per trap of a rep; the instruction is then started again */

bool pv_iopl_allows(const struct vcpu *v)
{
    bool arch = v->domain->vm_assist & (1ul << VMASST_TYPE_architectural_iopl);
    unsigned cpl = !v->arch.pv.kernel_mode ? 3 : arch ? 0 : 1;

    return v->arch.pv.iopl >= cpl;
}

/* The bitmap is in guest kernel memory; its page is only needed now. */
static bool bitmap_allows(struct vcpu *v, uint16_t port, unsigned bytes)
{
    struct pv_vcpu *pv = &v->arch.pv;
    bool user = !pv->kernel_mode;
    uint64_t va = pv->iobmp_gva + port / 8;
    unsigned n = (port % 8 + bytes + 7) / 8;
    uint8_t b[2] = {0xff, 0xff};

    if (port + bytes > pv->iobmp_ports)
        return false;
    if (user)
        pv_toggle_mode(v);
    if (arch_guest_read(b, GVA(va), n))
        b[0] = b[1] = 0xff;
    if (user)
        pv_toggle_mode(v);
    return !((b[0] | b[1] << 8) >> (port & 7) & ((1 << bytes) - 1));
}

static bool port_allowed(struct vcpu *v, uint16_t port, unsigned bytes)
{
    return pv_iopl_allows(v) || bitmap_allows(v, port, bytes);
}

static void set_low(uint64_t *reg, uint32_t val, unsigned bytes)
{
    if (bytes == 4)
        *reg = val;
    else
        memcpy(reg, &val, bytes);
}

static uint64_t address_mask(const struct insn *i)
{
    return i->is64 && !i->adsize ? ~0ull : 0xffffffffull;
}

static uint64_t segment_base(const struct insn *i)
{
    if (i->segment == 0x64)
        return rdmsr(MSR_FS_BASE);
    return i->segment == 0x65 ? pv_gs_base() : 0;
}

/* One element of ins or outs; false when its memory faulted. */
static bool string_element(struct vcpu *v, const struct insn *i, bool in, unsigned bytes,
                           uint64_t mask)
{
    static const uint32_t ones = ~0u;
    struct cpu_user_regs *r = v->regs;
    uint64_t *reg = in ? &r->rdi : &r->rsi;
    uint64_t va = (*reg & mask) + (in ? 0 : segment_base(i));
    uint32_t dropped;

    if (in ? arch_guest_write(GVA(va), &ones, bytes) : arch_guest_read(&dropped, GVA(va), bytes)) {
        pv_inject_pf(v, va, in ? PFEC_W : 0);
        return false;
    }
    *reg = (*reg + (r->rflags & EFLAGS_DF ? -(uint64_t)bytes : bytes)) & mask;
    return true;
}

static enum emul string_io(struct vcpu *v, const struct insn *i, bool in, unsigned bytes)
{
    struct cpu_user_regs *r = v->regs;
    uint64_t mask = address_mask(i);

    if (!i->rep)
        return string_element(v, i, in, bytes, mask) ? EMUL_DONE : EMUL_PF;
    for (unsigned n = 0; n < REP_MAX && (r->rcx & mask); n++) {
        if (!string_element(v, i, in, bytes, mask))
            return EMUL_PF;
        r->rcx = (r->rcx - 1) & mask;
    }
    return r->rcx & mask ? EMUL_AGAIN : EMUL_DONE;
}

enum emul pv_emulate_io(struct vcpu *v, struct insn *i)
{
    struct cpu_user_regs *r = v->regs;
    unsigned op = i->opcode, bytes = !(op & 1) ? 1 : i->opsize ? 2 : 4;
    uint16_t port = (uint16_t)r->rdx;
    bool string = op >= 0x6c && op <= 0x6f;
    uint8_t imm;

    if (op >= 0xe4 && op <= 0xe7) {
        if (!insn_byte(i, &imm))
            return EMUL_NO;
        port = imm;
    } else if (!string && !(op >= 0xec && op <= 0xef)) {
        return EMUL_NO;
    }
    if (string && i->rep && !(r->rcx & address_mask(i)))
        return EMUL_DONE;
    if (!port_allowed(v, port, bytes))
        return EMUL_GP;
    if (string)
        return string_io(v, i, op < 0x6e, bytes);
    if (port == PCI_ADDRESS && bytes == 4) {
        uint32_t *kept = &v->domain->arch.pci_address;

        if (op & 2)
            *kept = (uint32_t)r->rax;
        else
            r->rax = *kept;
    } else if (!(op & 2)) {
        set_low(&r->rax, ~0u, bytes);
    }
    return EMUL_DONE;
}
