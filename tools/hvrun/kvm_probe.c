/* SPDX-License-Identifier: MIT */
#include "kvm_probe.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROBE_SECONDS 1 /* the guest needs some milliseconds */

enum probe_status {
    PROBE_OK,
    PROBE_NO_DEVICE,
    PROBE_NO_VM,
    PROBE_NO_RUN,
};

static const char *const reasons[] = {
    [PROBE_NO_DEVICE] = "/dev/kvm cannot be opened",
    [PROBE_NO_VM] = "/dev/kvm makes no virtual machine",
    [PROBE_NO_RUN] = "a test guest did not run",
};

/* kvm_guest.S: to be placed and entered at KVM_GUEST_BASE, its stack and vectors in the same page.
 */
#define KVM_GUEST_BASE  0x500
#define KVM_GUEST_BYTES 4096
extern const uint8_t kvm_guest[];
extern const uint32_t kvm_guest_bytes;

static enum probe_status run_guest(int vcpu, size_t run_size)
{
    struct kvm_regs regs = {.rip = KVM_GUEST_BASE, .rflags = 2};
    struct kvm_sregs sregs;
    struct kvm_run *run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

    if (run == MAP_FAILED || ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
        return PROBE_NO_VM;
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
        return PROBE_NO_VM;
    if (ioctl(vcpu, KVM_RUN, 0) < 0 || run->exit_reason != KVM_EXIT_IO || run->io.port != 0x80)
        return PROBE_NO_RUN;
    return PROBE_OK;
}

static enum probe_status probe_in_child(void)
{
    struct kvm_pit_config pit = {0};
    struct kvm_userspace_memory_region region = {.memory_size = KVM_GUEST_BYTES};
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu, run_size;
    void *page =
        mmap(NULL, KVM_GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (kvm < 0)
        return PROBE_NO_DEVICE;
    if (page == MAP_FAILED || (vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0)
        return PROBE_NO_VM;
    memcpy((char *)page + KVM_GUEST_BASE, kvm_guest, kvm_guest_bytes);
    region.userspace_addr = (uintptr_t)page;
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ||
        ioctl(vm, KVM_CREATE_IRQCHIP, 0) < 0 || ioctl(vm, KVM_CREATE_PIT2, &pit) < 0 ||
        (vcpu = ioctl(vm, KVM_CREATE_VCPU, 0)) < 0 ||
        (run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0)) < (int)sizeof(struct kvm_run))
        return PROBE_NO_VM;
    return run_guest(vcpu, (size_t)run_size);
}

const char *kvm_probe(void)
{
    static const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return "no process for a test guest";
    if (pid == 0)
        _exit(probe_in_child());
    for (int i = 0; i < PROBE_SECONDS * 50; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            if (!WIFEXITED(status) || WEXITSTATUS(status) > PROBE_NO_RUN)
                return "a test guest died";
            return reasons[WEXITSTATUS(status)];
        }
        nanosleep(&tick, NULL);
    }
    /* Not waited for: a process stuck inside the driver may never take the signal. */
    kill(pid, SIGKILL);
    return "a test guest hung or was far too slow";
}
