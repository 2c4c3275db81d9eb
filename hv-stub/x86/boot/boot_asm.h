/* SPDX-License-Identifier: MIT */
/* Constants shared by the boot code's assembly and C. */
#ifndef BOOT_ASM_H
#define BOOT_ASM_H

#define PHYS(sym)      ((sym)-0xffff82d080000000) /* HV_IMAGE_BASE */
#define IMAGE_L4_SLOT  261
#define IMAGE_L3_SLOT  322
#define DIRECT_L4_SLOT 262

#define MB1_MAGIC      0x1badb002
#define MB1_BOOT_MAGIC 0x2badb002
#define MB2_MAGIC      0xe85250d6
#define MB2_BOOT_MAGIC 0x36d76289
#define PVH_MAGIC      0x336ec578 /* XEN_HVM_START_MAGIC_VALUE, ours to pass on in %eax */

#define BOOT_CS 0x08
#define BOOT_DS 0x10

#define CR0_BOOT  0x80050033 /* PG AM WP NE ET MP PE: caches on */
#define CR4_BOOT  0x620      /* OSXMMEXCPT OSFXSR PAE */
#define EFER_BOOT 0x901      /* NXE LME SCE */

#define IDLE_STACK_BYTES 16384

#define TRAMPOLINE_PA 0x8000 /* below 1 MiB: that memory is never handed out */

#endif
