# hv-stub/x86/svm: its sources join HV_SRCS by folder
