# hv-stub/x86/svm: its sources join HV_SRCS by folder; these are on the way of frequent exits
HV_HOT += x86/svm/msr x86/svm/inject x86/svm/hypercall
