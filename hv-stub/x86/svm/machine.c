/* SPDX-License-Identifier: MIT */
/*
 * The emulated PC of a domain: struct pc behind dev_lock, on the hypervisor's clock, timers and
 * console. The device models call back while the lock is held; ends of the domain are noted and
 * carried out after it is released.
 */
#include "svm_internal.h"

struct svm_domain *machine_lock(struct domain *d)
{
    struct svm_domain *sd = d->arch.svm;

    spin_lock(&sd->dev_lock);
    return sd;
}

static uint64_t guest_time(const struct svm_domain *sd)
{
    return hv_now() - sd->epoch;
}

/* Input waits in the console until the serial port has room for it. */
static void feed_console(struct domain *d, struct svm_domain *sd)
{
    while (uart_rx_room(&sd->pc.com1)) {
        int c = console_guest_read(d);
        uint8_t byte = (uint8_t)c;

        if (c < 0)
            return;
        uart_receive(&sd->pc.com1, &byte, 1);
    }
}

/* Releases the lock after anything that may have moved the next deadline or ended the domain. */
void machine_unlock(struct domain *d, struct svm_domain *sd)
{
    uint64_t next;
    unsigned int unplug;
    int32_t end;

    machine_disks_serve(sd);
    machine_nics_serve(sd);
    next = dev_timers_next(&sd->pc.timers);
    end = sd->end;
    unplug = sd->unplug;
    sd->unplug = 0;
    if (next != sd->timer_deadline) {
        sd->timer_deadline = next;
        if (next == DEV_NEVER)
            timer_cancel(&sd->timer);
        else
            timer_set(&sd->timer, sd->epoch + next);
    }
    spin_unlock(&sd->dev_lock);
    if (unlikely(unplug & UNPLUG_NICS))
        machine_nics_unplug(sd);
    if (unlikely(end >= 0) && domain_alive(d))
        domain_shutdown(d, (uint8_t)end);
}

static void timer_due(struct timer *t)
{
    struct domain *d = t->data;
    struct svm_domain *sd;

    if (!domain_alive(d))
        return;
    sd = machine_lock(d);
    sd->timer_deadline = DEV_NEVER;
    dev_timers_run(&sd->pc.timers, guest_time(sd));
    machine_unlock(d, sd);
}

static uint64_t host_now(void *opaque)
{
    struct domain *d = opaque;

    return guest_time(d->arch.svm);
}

static void host_console_tx(void *opaque, uint8_t byte)
{
    char c = (char)byte;

    console_guest_write(opaque, &c, 1);
}

static void host_intr(void *opaque, unsigned int n, bool level)
{
    struct domain *d = opaque;
    struct svm_vcpu *sv = d->vcpu[0]->arch.svm;

    if (level)
        svm_pend(sv, PEND_PIC);
    else
        __atomic_fetch_and(&sv->pending, ~PEND_PIC, __ATOMIC_SEQ_CST);
}

static void host_apic_send(void *opaque, uint32_t command, uint32_t destination)
{
    svm_message(opaque, command, destination);
}

/* For bus masters. */
static void host_copy(void *opaque, uint32_t address, void *buf, uint32_t n, bool to_guest)
{
    const struct domain *d = opaque;
    char *b = buf;

    while (n) {
        uint32_t part = MIN(n, (uint32_t)(PAGE_SIZE - address % PAGE_SIZE));
        void *p = npt_ram(d->arch.svm, address);

        if (p && to_guest)
            memcpy(p, b, part);
        else if (p)
            memcpy(b, p, part);
        else if (!to_guest)
            memset(b, 0xff, part);
        address += part;
        b += part;
        n -= part;
    }
}

static void host_power_off(void *opaque)
{
    struct domain *d = opaque;

    d->arch.svm->end = SHUTDOWN_poweroff;
}

static void host_reset(void *opaque)
{
    struct domain *d = opaque;

    d->arch.svm->end = SHUTDOWN_reboot;
}

static void host_unplug(void *opaque, unsigned int what)
{
    struct svm_domain *sd = ((struct domain *)opaque)->arch.svm;

    if (what & (UNPLUG_DISKS | UNPLUG_AUX_DISKS))
        pc_unplug_disks(&sd->pc, !(what & UNPLUG_DISKS));
    if (what & UNPLUG_NICS)
        pc_unplug_nics(&sd->pc);
    sd->unplug |= what;
}

bool machine_add_platform(struct domain *d)
{
    return pc_add_platform(&d->arch.svm->pc, host_unplug, d);
}

bool machine_init(struct domain *d, uint64_t memory, bool hardware)
{
    struct svm_domain *sd = d->arch.svm;
    struct pc_host host = {.now = host_now,
                           .console_tx = host_console_tx,
                           .intr = host_intr,
                           .apic_send = host_apic_send,
                           .power_off = host_power_off,
                           .reset = host_reset,
                           .memory = {host_copy, d},
                           .opaque = d};
    int64_t wallclock;

    sd->epoch = hv_now();
    sd->hardware = hardware;
    sd->timer_deadline = DEV_NEVER;
    timer_init(&sd->timer, this_cpu(), timer_due, d);
    if (!hardware)
        return true;
    lapic_virtual_wire(&svm_vcpu_of(d->vcpu[0])->lapic);
    wallclock = (int64_t)(arch_wallclock_boot() + sd->epoch / DEV_NS_PER_SEC);
    return pc_init(&sd->pc, &host, wallclock, memory) && machine_disks_init(d) &&
           machine_nics_init(d);
}

uint32_t machine_in(struct svm_vcpu *sv, uint16_t port, unsigned int size)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);
    uint32_t value;

    if (port == PIC_MASTER || port == PIC_SLAVE) /* pending requests: what is due is pending */
        dev_timers_run(&sd->pc.timers, guest_time(sd));
    value = dev_bus_read(&sd->pc.bus, port, size);

    if (port == PC_COM1)
        feed_console(d, sd); /* there is room again */
    machine_unlock(d, sd);
    return value;
}

void machine_out(struct svm_vcpu *sv, uint16_t port, unsigned int size, uint32_t value)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);

    dev_bus_write(&sd->pc.bus, port, size, value);
    machine_unlock(d, sd);
}

/* A port through which a device moves data, and the device. */
struct data_port {
    struct ata_channel *ata;
    struct ne2000 *nic;
};

static struct data_port data_port(struct svm_domain *sd, uint16_t port)
{
    struct data_port p = {0};

    if (port == 0x1f0 || port == 0x170)
        p.ata = &sd->pc.ide.channel[port == 0x170];
    for (unsigned int i = 0; i < sd->pc.nr_nics; i++)
        if (ne2000_is_data_port(&sd->pc.nic[i], port))
            p.nic = &sd->pc.nic[i];
    return p;
}

unsigned int machine_in_block(struct svm_vcpu *sv, uint16_t port, void *buf, unsigned int size,
                              unsigned int n)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);
    struct data_port p = data_port(sd, port);

    n = p.ata   ? ata_data_read(p.ata, buf, size, n)
        : p.nic ? ne2000_data_read(p.nic, buf, size, n)
                : 0;
    machine_unlock(d, sd);
    return n;
}

unsigned int machine_out_block(struct svm_vcpu *sv, uint16_t port, const void *buf,
                               unsigned int size, unsigned int n)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);
    struct data_port p = data_port(sd, port);

    n = p.ata   ? ata_data_write(p.ata, buf, size, n)
        : p.nic ? ne2000_data_write(p.nic, buf, size, n)
                : 0;
    machine_unlock(d, sd);
    return n;
}

uint32_t machine_ioapic_read(struct svm_vcpu *sv, uint32_t offset)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);
    uint32_t value = ioapic_read(&sd->pc.ioapic, offset);

    machine_unlock(d, sd);
    return value;
}

void machine_ioapic_write(struct svm_vcpu *sv, uint32_t offset, uint32_t value)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);

    ioapic_write(&sd->pc.ioapic, offset, value);
    machine_unlock(d, sd);
}

int machine_ack(struct svm_vcpu *sv)
{
    struct domain *d = sv->vcpu->domain;
    struct svm_domain *sd = machine_lock(d);
    int vector = pic_pending(&sd->pc.pic) ? pic_ack(&sd->pc.pic) : -1;

    spin_unlock(&sd->dev_lock);
    return vector;
}

void svm_console_input(struct domain *d)
{
    struct svm_domain *sd;

    if (!d->arch.svm || !d->arch.svm->hardware || !domain_alive(d))
        return;
    sd = machine_lock(d);
    feed_console(d, sd);
    machine_unlock(d, sd);
}
