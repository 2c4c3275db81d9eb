/* SPDX-License-Identifier: MIT */
/* Where the control channel of the machine is found. */
#ifndef HVRUN_CONTROL_H
#define HVRUN_CONTROL_H

/*
 * Make @path lead to the socket that QEMU is going to open in the work directory, until this
 * process exits. A socket or link of an earlier run there is replaced. 0, or -1 after complaining.
 */
int control_publish(const char *path);

/* Remove it, if it is still ours. Safe to call at any time. */
void control_remove(void);

#endif
