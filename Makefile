# SPDX-License-Identifier: GPL-2.0-only
# The front door: `make help`. What is built stands in Kbuild, which the kernel's own build reads; tests are in tests-qemu.

.DEFAULT_GOAL := modules
.SUFFIXES:

# Debian's name of an architecture here, the kernel's where the kernel's make is called.
debian-arch = $(if $(filter x86 x86_64 amd64,$1),amd64,$(if $(filter aarch64 arm64,$1),arm64,$1))
host := $(call debian-arch,$(shell uname -m))
arch := $(call debian-arch,$(or $(ARCH),$(host)))
ifeq ($(CROSS_COMPILE)$(filter $(host),$(arch)),)
CROSS_COMPILE := $(if $(filter arm64,$(arch)),aarch64,x86_64)-linux-gnu-
endif

# Sources are linked into a folder of their own for each build, so that several kernels' builds stand side by side.
KDIR ?= $(if $(filter $(host),$(arch)),/lib/modules/$(shell uname -r)/build)
O ?= build/$(arch)
out := $(abspath $(O))
sources := Kbuild Cargo.toml .clippy.toml src rust/flags.mk rust/supported rust/compiler_builtins.rs rust/device_table.c rust/scripts \
	rust/bindings/allowlist rust/bindings/bindings.h rust/bindings/lib.rs rust/helpers rust/kernel rust/qmap/src rust/mhi/src
find-sources = find $(sources) -type f ! -name '*.o' ! -name '.*.cmd'

# To the kernel's make, O means something else, and variables from the environment mean nothing.
MAKEOVERRIDES := $(filter-out O=% ARCH=%,$(MAKEOVERRIDES))
pass = $(foreach v,RUSTC BINDGEN CLIPPY_DRIVER RUST_LIB_SRC LLVM CC LD WERROR CLIPPY KCFLAGS,$(if $($v),$(if \
	$(filter-out default,$(origin $v)),$v='$($v)')))
# The kernel's type information for BPF leaves Rust out: what it says of the C helpers would be a tenth of the module.
kbuild = +@$(MAKE) --no-print-directory -C $(KDIR) M=$(out) ARCH=$(if $(filter amd64,$(arch)),x86_64,$(arch)) \
	$(if $(CROSS_COMPILE),CROSS_COMPILE=$(CROSS_COMPILE)) CONFIG_DEBUG_INFO_BTF_MODULES= $(pass)

.PHONY: modules mhictl docs install modules_install install-mhictl install-sources deb selftest clippy fmt check check-debug bench soak fuzz demo shell list clean help stage

# With WERROR=1 a warning of any tool (objtool and modpost have no switch for it) fails the build, each time.
modules: stage
ifeq ($(WERROR),1)
	$(kbuild) modules 2>$(out)/messages; status=$$?; cat $(out)/messages >&2; \
	if grep -qi 'warning:' $(out)/messages; then status=1; rm -f $(out)/rmnet_mhi.o $(out)/rmnet_mhi.ko; fi; exit $$status
else
	$(kbuild) modules
endif
	@sh rust/scripts/check-module '$(if $(LLVM),llvm-,$(CROSS_COMPILE))' $(out)

# Do the checks that are part of the build refuse what they should?
selftest: modules
	@bash rust/scripts/selftest $(out) $(KDIR) '$(CROSS_COMPILE)'

modules_install install: modules
	$(kbuild) modules_install

# The program, and its manual pages and completions, dated by the last change or by SOURCE_DATE_EPOCH.
programs := $(or $(CARGO_TARGET_DIR),target)
epoch = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || date +%s))
mhictl:
	cargo build --locked --profile small -p mhictl

docs:
	@rm -rf build/share
	cargo run --locked --quiet -p mhictl-docs -- build/share $(shell date -u -d @$(epoch) +%F)

# DESTDIR, prefix, bindir, datadir and libdir are mhictl/install's.
export DESTDIR prefix bindir datadir libdir
install-mhictl: mhictl docs
	mhictl/install $(programs)/small/mhictl build/share

# What a build of the module needs, for DKMS.
install-sources:
	@mkdir -p $(DESTDIR)
	cp --parents --preserve=mode Makefile $$($(find-sources)) $(DESTDIR)/

# Debian packages, in build/deb; with ARCH= the program for another architecture.
deb:
	@debian/build $(CURDIR)/build/deb $(epoch) $(filter-out $(host),$(arch))

clippy: CLIPPY := 1
clippy: stage
	$(kbuild) modules
	cargo clippy --all-targets $(if $(WERROR),-- -Dwarnings)

fmt:
	cargo fmt --all
	rustfmt src/lib.rs rust/kernel/lib.rs rust/bindings/lib.rs rust/compiler_builtins.rs

# Sources that were renamed or deleted since leave dangling links. For another kernel all is made anew but Rust's own library, which knows
# by itself when it must: the kernel's make looks at times, and another kernel's files may be as old as they like.
stage:
	@$(pass) KDIR='$(KDIR)' ARCH=$(arch) CROSS_COMPILE='$(CROSS_COMPILE)' sh rust/scripts/check-tools
	@mkdir -p $(out) && find $(out) -xtype l -delete
	@[ "$$(cat $(out)/.kernel 2>/dev/null)" = '$(KDIR)' ] || find $(out) -name '.*.cmd' ! -name '.libco*' -delete
	@echo '$(KDIR)' >$(out)/.kernel
	@$(find-sources) | while read -r file; do \
		[ $(out)/$$file -ef $$file ] && continue; \
		mkdir -p $$(dirname $(out)/$$file) && ln -sfn "$$PWD/$$file" $(out)/$$file || exit 1; \
	done

# With IMAGE= on that kernel, which KDIR and CROSS_COMPILE belong to.
check bench soak fuzz demo shell list:
	@ARCH='$(ARCH)' CASE='$(CASE)' LIST='$(LIST)' IMAGE='$(abspath $(IMAGE))' KDIR='$(if $(IMAGE),$(abspath $(KDIR)))' \
		DEBUG='$(DEBUG)' SOAK_MINUTES='$(SOAK_MINUTES)' SOAK_SEED='$(SOAK_SEED)' FUZZ_SECONDS='$(FUZZ_SECONDS)' MODULES='$(abspath $(MODULES))' LUCI='$(abspath $(LUCI))' CROSS_COMPILE='$(if $(IMAGE),$(CROSS_COMPILE))' tests-qemu/run $@

check-debug:
	+@$(MAKE) --no-print-directory check DEBUG=$(or $(DEBUG),1)

clean:
	rm -rf $(out)

help:
	@echo 'make                 rmnet_mhi.ko for the running kernel, in build/$(arch)'
	@echo '  KDIR=DIR           for the kernel whose build folder (headers) is DIR'
	@echo '  O=DIR              in DIR'
	@echo '  ARCH=amd64|arm64   for that architecture; CROSS_COMPILE=, LLVM=1, CC=, RUSTC=, RUST_LIB_SRC=, BINDGEN= as usual'
	@echo '  ANY_KERNEL=1       for a kernel that rust/supported does not name'
	@echo '  WERROR=1           no warning passes'
	@echo 'make install         into /lib/modules'
	@echo 'make mhictl          the program, in target/small'
	@echo 'make docs            its manual pages and completions, in build/share'
	@echo 'make install-mhictl  all three and the systemd units; prefix=/usr/local, DESTDIR='
	@echo 'make deb             Debian packages of the module (DKMS) and the program, in build/deb; ARCH= the program for that architecture'
	@echo 'make check           every test, in QEMU; CASE=NAME one alone, LIST=1 (or make list) their names, ARCH= one architecture'
	@echo '  KDIR=DIR IMAGE=FILE  its cases on that kernel, built in that folder (README: On an OpenWrt kernel of your own)'
	@echo '  LUCI=DIR           and the web pages in a browser, with that checkout of LuCI'
	@echo 'make check-debug     the cases on kernels that look for mistakes, which it builds; DEBUG=kcsan: for data races; or make check CASE=NAME DEBUG=1'
	@echo 'make bench           instructions per packet, this driver and others, in QEMU; ARCH= one architecture'
	@echo 'make soak            SOAK_MINUTES=240 of traffic, links that come and go, sleep and crashes, by SOAK_SEED=, in QEMU, on arm64; ARCH=amd64 without sleep, DEBUG=1'
	@echo 'make fuzz            FUZZ_SECONDS=600 of each fuzz target'
	@echo 'make demo            boots Debian with an emulated modem and goes online'
	@echo 'make shell           the same with a prompt'
	@echo 'make selftest        tests the checks that the build makes'
	@echo 'make clippy          lints of everything'
	@echo 'make fmt             formats everything'
	@echo 'make clean           removes O'
