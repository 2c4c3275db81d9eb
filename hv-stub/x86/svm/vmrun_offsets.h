/* SPDX-License-Identifier: MIT */
/* Offsets vmrun.S shares with C; svm.c asserts that they are true. */
#ifndef X86_SVM_VMRUN_OFFSETS_H
#define X86_SVM_VMRUN_OFFSETS_H

#define SV_VMCB_PA  0
#define SV_GUEST_GS 8
#define SV_HOST_GS  16
#define SV_REGS     24

/* struct cpu_user_regs of <xen/arch-x86/xen-x86_64.h> */
#define UREGS_R15 0
#define UREGS_R14 8
#define UREGS_R13 16
#define UREGS_R12 24
#define UREGS_RBP 32
#define UREGS_RBX 40
#define UREGS_R11 48
#define UREGS_R10 56
#define UREGS_R9  64
#define UREGS_R8  72
#define UREGS_RCX 88
#define UREGS_RDX 96
#define UREGS_RSI 104
#define UREGS_RDI 112

#endif
