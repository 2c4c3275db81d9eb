# tests
include tests/guest/hello/build.mk
