# hypercall
