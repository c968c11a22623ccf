# SPDX-License-Identifier: GPL-2.0-only
# How rustc and bindgen are called for this kernel's configuration, read by Kbuild. The kernel's own KBUILD_RUSTFLAGS do not
# serve: without CONFIG_RUST they are empty or worked out for no compiler at all.

RUSTC ?= rustc
BINDGEN ?= bindgen
CLIPPY_DRIVER ?= clippy-driver
READELF ?= $(CROSS_COMPILE)readelf

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' $(src)/Cargo.toml)

# What this compiler knows; asked once, on first use.
once = $(eval $1 := $2)$($1)
rustc-version = $(call once,rustc-version,$(shell $(RUSTC) --version | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p'))
rustc-options = $(call once,rustc-options,$(shell { RUSTC_BOOTSTRAP=1 $(RUSTC) -Zhelp; $(RUSTC) -Chelp; } | \
	sed -n 's/^ *-\([CZ]\) *\([a-z0-9-]*\)=.*/-\1\2/p'))
rust-lib-src = $(call once,rust-lib-src,$(or $(RUST_LIB_SRC),$(shell $(RUSTC) --print sysroot)/lib/rustlib/src/rust/library))
knows = $(filter $1,$(rustc-options))

# Code generation by configuration -----------------------------------------------------------------------------------

rust-target-$(CONFIG_X86_64) := x86_64-unknown-none
rust-target-$(CONFIG_ARM64) := aarch64-unknown-none-softfloat

rust-flags-y := -Cpanic=abort -Cforce-unwind-tables=n -Ccodegen-units=1 -Csymbol-mangling-version=v0 \
	-Crelocation-model=static -Zfunction-sections=n -Copt-level=2 -Cdebug-assertions=n -Coverflow-checks=y \
	--sysroot=/dev/null --remap-path-prefix=$(src)/=

ifneq ($(CONFIG_CFI)$(CONFIG_CFI_CLANG),)
$(error rmnet_mhi: kernels with control-flow integrity (CONFIG_CFI) are not supported)
endif

ifneq ($(CONFIG_ARM64_64K_PAGES),)
$(error rmnet_mhi: kernels with pages of 64 KB (CONFIG_ARM64_64K_PAGES) are not supported)
endif

# Options were renamed: RETPOLINE and RETHUNK became MITIGATION_* in 6.9.
retpoline := $(or $(CONFIG_MITIGATION_RETPOLINE),$(CONFIG_RETPOLINE))
rethunk := $(or $(CONFIG_MITIGATION_RETHUNK),$(CONFIG_RETHUNK))

# Before -Zretpoline-external-thunk (1.9x) these were target features, which only a target file sets without warnings.
retpoline-target := $(if $(retpoline),$(if $(call knows,-Zretpoline-external-thunk),,y))
retpoline-features := +retpoline-external-thunk,+retpoline-indirect-branches,+retpoline-indirect-calls
# What a target file changes in rustc's target, where one is wanted. (rustc's has KASAN, but not KCSAN.)
target-edit-$(retpoline-target) += s/"features": "\(.*\)"/"features": "\1,$(retpoline-features)"/;
target-edit-$(CONFIG_KCSAN) += s/"supported-sanitizers": \[/&"thread",/;
target-edit-$(CONFIG_ARM64) += s/+strict-align,//;s/,+strict-align//;

rust-flags-$(CONFIG_X86_64) += --target=$(if $(target-edit-y),$(obj)/rust/target.json,$(rust-target-y)) \
	-Ccode-model=kernel -Cno-redzone=y -Zplt=yes -Ztune-cpu=generic \
	$(if $(CONFIG_FRAME_POINTER),-Cforce-frame-pointers=y) \
	$(if $(CONFIG_X86_KERNEL_IBT),-Zcf-protection=branch \
		$(if $(call knows,-Cjump-tables),-Cjump-tables=n,-Zno-jump-tables)) \
	$(if $(retpoline),$(if $(retpoline-target),,-Zretpoline-external-thunk -Zindirect-branch-cs-prefix)) \
	$(if $(rethunk),-Zfunction-return=thunk-extern) \
	$(if $(CONFIG_CALL_PADDING),-Zpatchable-function-entry=$(CONFIG_FUNCTION_PADDING_BYTES)$(comma)$(CONFIG_FUNCTION_PADDING_BYTES))

# rustc's own target never reads a word at an odd address, as if the MMU were off; the kernel and its C code do.
rust-flags-$(CONFIG_ARM64) += --target=$(obj)/rust/target.json -Zunstable-options -Cforce-frame-pointers=y \
	$(if $(CONFIG_ARM64_PTR_AUTH_KERNEL),-Zbranch-protection=$(if $(CONFIG_ARM64_BTI_KERNEL),bti$(comma))pac-ret) \
	$(if $(CONFIG_UNWIND_TABLES),-Cforce-unwind-tables=y -Zuse-sync-unwind=n) \
	$(if $(CONFIG_SHADOW_CALL_STACK),-Zfixed-x18)

# As scripts/Makefile.kasan has it, but for globals, whose constructors this module would need to run. Debian's compiler and the
# kernel's agree on the mapping.
rust-flags-$(CONFIG_KASAN_GENERIC) += -Zsanitizer=kernel-address -Zsanitizer-recover=kernel-address \
	$(addprefix -Cllvm-args=-asan-,mapping-offset=$(CONFIG_KASAN_SHADOW_OFFSET) globals=0 instrument-dynamic-allocas=1 \
		kernel-mem-intrinsic-prefix=$(if $(CONFIG_CC_HAS_KASAN_MEMINTRINSIC_PREFIX),1,0) \
		stack=$(if $(CONFIG_KASAN_STACK),1,0) instrumentation-with-call-threshold=$(if $(CONFIG_KASAN_INLINE),10000,0))

# As scripts/Makefile.kcsan has it.
rust-flags-$(CONFIG_KCSAN) += -Zsanitizer=thread \
	$(addprefix -Cllvm-args=-tsan-,instrument-func-entry-exit=0 instrument-memintrinsics=0 distinguish-volatile=1 \
		compound-read-before-write=1)

rust-flags = $(rust-flags-y)

core-flags = --crate-type rlib --edition=$(shell [ $(rustc-version) -ge 87 ] && echo 2024 || echo 2021) \
	--cfg no_fp_fmt_parse --cap-lints allow -Cembed-bitcode=y -Clto=n
rlib-flags := --edition=2021 --crate-type rlib -Cembed-bitcode=y -Clto=n

# A newer compiler may know more lints: only our own checks (WERROR=1) turn warnings into errors.
lints := -Ainternal_features -Wmissing_docs -Wunreachable_pub -Dunsafe_op_in_unsafe_fn $(if $(filter 1,$(WERROR)),-Dwarnings)
clippy-lints := -Wclippy::all -Wclippy::incompatible_msrv -Wclippy::undocumented_unsafe_blocks

# bindgen ------------------------------------------------------------------------------------------------------------

# Formatted by itself: rustfmt may not be there, and scripts/layout.awk reads lines.
bindgen-flags := --formatter prettyplease --rust-target 1.84 --use-core --with-derive-default --no-debug '.*' --no-doc-comments \
	--enable-function-attribute-detection --opaque-type alt_instr --blocklist-function '__list_.*_report' \
	--allowlist-function 'rust_helper_.*' --allowlist-var 'RUST_CONST_HELPER_.*'

# Lines of `type`, `opaque`, `function` or `var`, and a regular expression.
allowlist = $(shell sed -n -e "s/^\(type\|function\|var\) \(.*\)/--allowlist-\1 '\2'/p" \
	-e "s/^opaque \(.*\)/--opaque-type '\1'/p" $1)

# libclang reads what is written for gcc: without these it stops, or they say nothing about layouts.
bindgen-skip := -mno-fp-ret-in-387 -mpreferred-stack-boundary=% -mskip-rax-setup -mgeneral-regs-only \
	-msign-return-address=% -mindirect-branch=% -mindirect-branch-register -mindirect-branch-cs-prefix \
	-mfunction-return=% -mharden-sls=% -mrecord-mcount -mabi=lp64 -mstack-protector-guard% -mno-string \
	-mno-strict-align -mstrict-align -mdirect-extern-access -mexplicit-relocs -mno-check-zero-division \
	-fconserve-stack -falign-jumps=% -falign-loops=% -fmin-function-alignment=% -femit-struct-debug-baseonly \
	-fno-ipa-cp-clone -fno-ipa-sra -fno-partial-inlining -fno-reorder-blocks -fno-allow-store-data-races \
	-fno-inline-functions-called-once -fno-isolate-erroneous-paths-dereference -fno-stack-clash-protection \
	-fasan-shadow-offset=% -fsanitize=bounds-strict -fzero-call-used-regs=% -fzero-init-padding-bits=% \
	-fstrict-flex-arrays=% -fdiagnostics-show-context% -fplugin-arg-% --param=% --param asan-% tsan-%
bindgen-triple-$(CONFIG_X86_64) := x86_64-linux-gnu
bindgen-triple-$(CONFIG_ARM64) := aarch64-linux-gnu
bindgen-c-flags = $(filter-out $(if $(CONFIG_CC_IS_CLANG),,$(bindgen-skip)) $(CC_FLAGS_LTO),$(c_flags)) \
	-w --target=$(bindgen-triple-y) -fno-builtin -D__BINDGEN__ -DMODULE
