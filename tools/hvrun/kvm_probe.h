/* SPDX-License-Identifier: MIT */
#ifndef HVRUN_KVM_PROBE_H
#define HVRUN_KVM_PROBE_H

/*
 * Does KVM really run a guest here? Having /dev/kvm says little: nested KVM on some machines opens,
 * creates, and then never runs, or never wakes from a halt. A child process runs a few instructions
 * and timer interrupts in a throw-away virtual machine and has a few seconds for it.
 * Returns NULL if it works, or the reason why not as a static string.
 */
const char *kvm_probe(void);

#endif
