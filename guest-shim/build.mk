# guest-shim
