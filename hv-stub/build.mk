# hv-stub
