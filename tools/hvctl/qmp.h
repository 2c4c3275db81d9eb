/* SPDX-License-Identifier: MIT */
/* The QEMU below hv-stub, by its machine protocol: disks that are plugged in and out. */
#ifndef HVCTL_QMP_H
#define HVCTL_QMP_H

#include <stdbool.h>

#include "../hvrun/image_name.h"
#include "link.h"

/* An image file as QEMU is to use it. */
struct image {
    const char *path, *format; /* absolute; "raw" or "qcow2" */
    bool readonly;
    char id[IMAGE_NAME_BYTES]; /* of its device, and of its node */
};

/* Find QEMU's socket beside the one that the control channel at @path leads to, by @deadline. Once.
 */
enum hvctl_status qmp_open(const char *path, double deadline);

/* Plug in a device for it. */
enum hvctl_status qmp_plug(const struct image *image);
/* After the device was pulled out: forget the image, which may be used elsewhere then. */
enum hvctl_status qmp_forget(const char *id);
/* The PCI function (device * 8 + function, on bus 0) of a device, -1: it is not there. And the
 * other way round, copied to @id of @n bytes; "" if it has no name. */
int qmp_function(const char *id);
void qmp_name(unsigned int function, char *id, size_t n);

#endif
