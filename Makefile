# SPDX-License-Identifier: GPL-2.0
# What kbuild needs is in Kbuild; this is for people. "make help" says what there is.

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX ?= /usr/local
KERNEL ?=
KERNELS = $(if $(KERNEL),$(KERNEL),6.1 6.12)

# Where modprobe looks first.
RELEASE = $(shell scripts/kdir --release $(KDIR))
MODDIR = $(DESTDIR)/lib/modules/$(RELEASE)/updates

all: kdir
	+$(MAKE) -C $(KDIR) M=$(CURDIR) modules

kdir:
	@scripts/kdir $(KDIR)

# Not modules_install: it would sign with a key that only the kernel's maker has, and look for a System.map that headers
# do not have.  What is left out of the module only a debugger reads, and it is most of it.
install: all
	install -d $(MODDIR)
	for ko in xtcp.ko xtcp_diag.ko; do test ! -e $$ko || { \
		strip --strip-debug -o $(MODDIR)/$$ko $$ko && chmod 644 $(MODDIR)/$$ko; } || exit; done
	$(if $(DESTDIR),,depmod $(RELEASE))
	install -D -m 644 module/uapi/xtcp.h $(DESTDIR)$(PREFIX)/include/xtcp.h
	+@if test -e tools/Makefile; then $(MAKE) -C tools install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX); fi

uninstall: kdir
	rm -f $(MODDIR)/xtcp.ko* $(MODDIR)/xtcp_diag.ko*
	$(if $(DESTDIR),,depmod $(RELEASE))
	rm -f $(DESTDIR)$(PREFIX)/include/xtcp.h
	+@if test -e tools/Makefile; then $(MAKE) -C tools uninstall DESTDIR=$(DESTDIR) PREFIX=$(PREFIX); fi

demo test kunit mutants model check bench deb:
	@scripts/$@ $(ARGS)

e2e:
	@for kernel in $(KERNELS); do scripts/e2e --kernel $$kernel --ip 4 --ip 6 --ip mapped $(ARGS) || exit; done

clean:
	+@test ! -e $(KDIR)/Makefile || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

help:
	@echo 'make            build xtcp.ko for the running kernel (or KDIR=/usr/src/linux-headers-RELEASE)'
	@echo 'make install    install the module, its header and the tools; "make uninstall" takes them away'
	@echo 'make deb        Debian packages, xtcp-dkms and xtcp-tools, in build/'
	@echo 'make demo       watch xtcp at work, in a virtual machine; ARGS=--html makes a page of it'
	@echo 'make test       every test there is, some with less data; the last line counts them'
	@echo 'make kunit      the unit and wire tests'
	@echo 'make mutants    break the source in one line after the other: do the unit and wire tests notice?'
	@echo 'make model      the state machine, checked by spin: two ends, and a network that loses, repeats and reorders'
	@echo 'make e2e        the end-to-end tests at full size, on KERNEL=6.1, 6.12 (these two if none is named), trixie, backports, testing'
	@echo 'make check      checkpatch, sparse, W=1, shellcheck, made documents, calls that go up, what kernels export'
	@echo 'make bench      xtcp and the kernel'"'"'s TCP, measured in turn'
	@echo 'make clean      remove what make built; what the tests keep is in ~/.cache/xtcp'
	@echo 'W=1 and C=2 are handed on to kbuild, ARGS=... to the script of a target.'

.PHONY: all kdir install uninstall demo test kunit mutants model e2e check bench deb clean help
