/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy: bytes from one page to another, each named by a grant or, if it is the caller's
 * own, by its frame. */
#include "grant.h"

struct side {
    struct domain *d; /* entered */
    struct grant_use use;
    bool gref, writes;
    struct frame *f;
};

static int open_domain(struct side *s, const struct gnttab_copy_ptr *p)
{
    struct domain *self = current_vcpu()->domain;

    if (p->domid != DOMID_SELF && !s->gref)
        return GRANT_REFUSE(GNTST_permission_denied,
                            "frames of domain %u are reached by grants only", p->domid);
    s->d = grant_enter(p->domid == DOMID_SELF ? self->id : p->domid);
    return s->d ? GNTST_okay : GRANT_REFUSE(GNTST_bad_domain, "no domain %u", p->domid);
}

static int open_page(struct side *s, const struct gnttab_copy_ptr *p)
{
    if (!s->gref)
        return grant_own_frame(s->d, p->u.gmfn, s->writes, &s->f);
    s->use = (struct grant_use){p->u.ref, current_vcpu()->domain->id, false,
                                s->writes ? PIN_WRITE : PIN_READ};
    return grant_pin(s->d, &s->use, &s->f);
}

static void close_side(const struct side *s)
{
    if (s->f && s->gref) {
        grant_unuse(s->d, &s->use, s->f);
    } else if (s->f) {
        if (s->writes)
            frame_put_type(s->f);
        frame_put(s->f);
    }
    if (s->d)
        grant_leave(s->d);
}

static int copy_bytes(const struct gnttab_copy *op, const struct side *src, const struct side *dst)
{
    if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
        return GRANT_REFUSE(GNTST_bad_copy_arg, "%u bytes at %u to %u cross a page", op->len,
                            op->source.offset, op->dest.offset);
    memmove((char *)mfn_to_virt(frame_mfn(dst->f)) + op->dest.offset,
            (const char *)mfn_to_virt(frame_mfn(src->f)) + op->source.offset, op->len);
    return GNTST_okay;
}

static int copy(const struct gnttab_copy *op)
{
    struct side src = {.gref = op->flags & GNTCOPY_source_gref};
    struct side dst = {.gref = op->flags & GNTCOPY_dest_gref, .writes = true};
    int rc = open_domain(&src, &op->source);

    if (!rc)
        rc = open_domain(&dst, &op->dest);
    if (!rc && (rc = open_page(&src, &op->source)))
        src.f = NULL;
    if (!rc && (rc = open_page(&dst, &op->dest)))
        dst.f = NULL;
    if (!rc)
        rc = copy_bytes(op, &src, &dst);
    close_side(&dst);
    close_side(&src);
    return rc;
}

long grant_op_copy(gva_t arg)
{
    struct gnttab_copy op;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    op.status = (int16_t)copy(&op);
    return guest_write(GVA(arg.v + offsetof(struct gnttab_copy, status)), &op.status,
                       sizeof(op.status))
               ? grant_fault()
               : 0;
}
