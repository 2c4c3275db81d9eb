/* SPDX-License-Identifier: MIT */
#ifndef HVRUN_KVM_PROBE_H
#define HVRUN_KVM_PROBE_H

/*
 * Does KVM really run a guest here? Having /dev/kvm says little: nested KVM on some machines opens,
 * creates, and then never runs, never wakes from a halt, or emulates every instruction. A child
 * process runs a short loop and timer interrupts in a throw-away virtual machine and has a second
 * for it. Returns NULL if it works, or the reason why not as a static string.
 */
const char *kvm_probe(void);

#endif
