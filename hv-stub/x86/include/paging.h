/* SPDX-License-Identifier: MIT */
/* The hypervisor's own page tables and the machine-to-physical table. */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include "hv_types.h"

#define PTE_P    (1ull << 0)
#define PTE_RW   (1ull << 1)
#define PTE_US   (1ull << 2)
#define PTE_PWT  (1ull << 3)
#define PTE_PCD  (1ull << 4)
#define PTE_A    (1ull << 5)
#define PTE_D    (1ull << 6)
#define PTE_PS   (1ull << 7)
#define PTE_PAT  (1ull << 7) /* in an L1 entry */
#define PTE_G    (1ull << 8)
#define PTE_NX   (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull

#define HV_L4_FIRST     256 /* our slots of every top-level table */
#define HV_L4_LAST      271
#define HV_L4_PERDOMAIN 260

/* The master top-level table: slots 256..271 are copied into every guest's and never change after
 * boot; 260 is empty here and each domain's own. */
extern uint64_t *hv_l4;

/* Machine-to-physical table, which guests see read-only at HV_M2P_BASE. m must be mfn_valid(). */
extern uint64_t *m2p;

static inline void m2p_set(mfn_t m, gfn_t g)
{
    WRITE_ONCE(m2p[m.v], g.v);
}

static inline gfn_t m2p_get(mfn_t m)
{
    return GFN(READ_ONCE(m2p[m.v]));
}
/* Bytes of the table that are mapped. */
extern uint64_t m2p_bytes;
/* Allocate and map it at boot. */
void m2p_init(void);

#endif
