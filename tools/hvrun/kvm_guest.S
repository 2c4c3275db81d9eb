/* SPDX-License-Identifier: MIT */
/*
 * The guest of kvm_probe.c, 16-bit real mode, copied to KVM_GUEST_BASE of an otherwise empty page:
 * runs a loop, waits for three interrupts of the timer, halted in between, then writes to port 0x80.
 * Nested KVM can execute instructions and yet lose the interrupt that should end a halt, or be a
 * thousand times too slow for a BIOS.
 */
#define BASE        0x500
#define TIMER_COUNT 1193 /* of 1.193 MHz: one millisecond */
#define LOOPS       1000000
#define SCRATCH     0x400

    .section .rodata
    .globl kvm_guest, kvm_guest_bytes
    .code16
kvm_guest:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0x1000, %sp
    movw $(BASE + timer - kvm_guest), 8 * 4 /* vector 8 */
    movw %ax, 8 * 4 + 2

    /* 8259: vectors from 8, end of interrupt by itself, only IRQ 0 open */
    movb $0x11, %al
    outb %al, $0x20
    movb $8, %al
    outb %al, $0x21
    movb $4, %al
    outb %al, $0x21
    movb $3, %al
    outb %al, $0x21
    movb $0xfe, %al
    outb %al, $0x21

    /* 8254: channel 0, rate generator */
    movb $0x34, %al
    outb %al, $0x43
    movb $(TIMER_COUNT & 0xff), %al
    outb %al, $0x40
    movb $(TIMER_COUNT >> 8), %al
    outb %al, $0x40

    /* A loop that takes a millisecond, unless the host emulates every instruction of it. */
    movl $LOOPS, %ecx
1:  movb %cl, SCRATCH
    decl %ecx
    jnz 1b

    xorw %bx, %bx
    sti
1:  hlt
    cmpw $3, %bx
    jb 1b
    outb %al, $0x80
    hlt

timer:
    incw %bx
    iretw
1:
    .balign 4
kvm_guest_bytes:
    .long 1b - kvm_guest

    .section .note.GNU-stack, "", @progbits
