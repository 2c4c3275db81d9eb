/* SPDX-License-Identifier: MIT */
/* Hypercalls of the machine's part: the table needs them, no test here calls them. */
#include "unit.h"
#include "hv_backend.h"
#include "hv_disk.h"
#include "hv_driver.h"
#include "hv_grant.h"
#include "hv_net.h"

/* clang-format off */
#define STUB(name, args)    \
    long hc_##name args     \
    {                       \
        return -XEN_ENOSYS; \
    }

/* Only where the memory code is not linked in. */
__attribute__((weak)) STUB(memory_op, (uint64_t a, uint64_t b))
__attribute__((weak)) STUB(grant_table_op, (uint64_t a, uint64_t b, uint64_t c))

STUB(set_trap_table, (uint64_t a))
STUB(mmu_update, (uint64_t a, uint64_t b, uint64_t c, uint64_t d))
STUB(set_gdt, (uint64_t a, uint64_t b))
STUB(stack_switch, (uint64_t a, uint64_t b))
STUB(set_callbacks, (uint64_t a, uint64_t b, uint64_t c))
STUB(fpu_taskswitch, (uint64_t a))
STUB(set_debugreg, (uint64_t a, uint64_t b))
STUB(get_debugreg, (uint64_t a))
STUB(update_descriptor, (uint64_t a, uint64_t b))
STUB(update_va_mapping, (uint64_t a, uint64_t b, uint64_t c))
STUB(physdev_op_compat, (uint64_t a))
STUB(update_va_mapping_otherdomain, (uint64_t a, uint64_t b, uint64_t c, uint64_t d))
STUB(iret, (void))
STUB(set_segment_base, (uint64_t a, uint64_t b))
STUB(mmuext_op, (uint64_t a, uint64_t b, uint64_t c, uint64_t d))
STUB(callback_op, (uint64_t a, uint64_t b))
STUB(physdev_op, (uint64_t a, uint64_t b))
STUB(hvm_op, (uint64_t a, uint64_t b))
STUB(nmi_op, (uint64_t a, uint64_t b))
    /* clang-format on */

    /* ---- grant tables, likewise */

    __attribute__((weak)) int grant_create(struct domain *d)
{
    return 0;
}

__attribute__((weak)) int grant_reset(struct domain *d)
{
    return 0;
}

__attribute__((weak)) bool grant_idle(const struct domain *d)
{
    return true;
}

__attribute__((weak)) void grant_close(struct domain *d)
{
}

__attribute__((weak)) bool grant_release(struct domain *d)
{
    return true;
}

__attribute__((weak)) void grant_destroy(struct domain *d)
{
}

/* ---- devices that come and go: where a test has none */

__attribute__((weak)) int blk_backend_attach(struct domain *d, uint32_t i)
{
    return 0;
}

__attribute__((weak)) int net_backend_attach(struct domain *d, struct net_port *port)
{
    return 0;
}

__attribute__((weak)) const char *backend_detach(struct domain *d, const char *which, bool force)
{
    return "no such device";
}

__attribute__((weak)) const char *driver_disk_add(uint32_t function, const struct disk **disk)
{
    return "there is no such disk";
}

__attribute__((weak)) const char *driver_disk_remove(struct disk *disk)
{
    return NULL;
}

__attribute__((weak)) uint32_t driver_disk_function(const struct disk *disk)
{
    return 0;
}

__attribute__((weak)) void disks_close(domid_t id)
{
}

/* ---- the switch */

__attribute__((weak)) struct net_port *net_attach(domid_t id, const struct net_config *n,
                                                  const char **wrong)
{
    *wrong = "there is no switch";
    return NULL;
}

__attribute__((weak)) void net_detach(struct net_port *p)
{
}

__attribute__((weak)) struct net_port *net_port(domid_t id, uint32_t i)
{
    return NULL;
}
