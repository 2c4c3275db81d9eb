/* SPDX-License-Identifier: MIT */
/* Handlers of mmuext commands that live outside mmuext.c: 0 or -errno. */
#ifndef X86_PV_MMUEXT_H
#define X86_PV_MMUEXT_H

#include "hv.h"

long mmuext_flush_local(struct vcpu *v, const struct mmuext_op *op);
long mmuext_invlpg_local(struct vcpu *v, const struct mmuext_op *op);
long mmuext_flush_multi(struct vcpu *v, const struct mmuext_op *op);
long mmuext_invlpg_multi(struct vcpu *v, const struct mmuext_op *op);
long mmuext_flush_all(struct vcpu *v, const struct mmuext_op *op);
long mmuext_invlpg_all(struct vcpu *v, const struct mmuext_op *op);
long mmuext_clear_page(struct vcpu *v, const struct mmuext_op *op);
long mmuext_copy_page(struct vcpu *v, const struct mmuext_op *op);

#endif
