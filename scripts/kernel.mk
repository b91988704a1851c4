# SPDX-License-Identifier: GPL-2.0
#
# From the packaged kernel source to the image that the library carries:
#
#   $(KSRC)           the source, unpacked once, never changed; arch/lkl in it
#                     is a symbolic link to ours
#   $(KOBJ)           the kernel's object folder, with .config and vmlinux
#   $(KB)/lkl/image.elf vmlinux without symbols and debugging information
#
# Kbuild takes many seconds to find that nothing is to be done. So it is entered
# only when one of its inputs changed: arch/lkl, the contract with the hosts,
# the configuration or the identity of the source.

KSRC := $(TOP)/linux-source-6.12
KOBJ := $(KB)/kernel
VMLINUX := $(KOBJ)/vmlinux
IMAGE := $(KB)/lkl/image.elf

# The same input gives the same image, wherever and whenever it is built.
export KBUILD_BUILD_USER := lkl
export KBUILD_BUILD_HOST := lkl
export KBUILD_BUILD_VERSION := 1
export LC_ALL := C

# With ccache, objects are found again in other clones of the repository.
CCACHE := $(shell command -v ccache)
ifneq ($(CCACHE),)
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CCACHE_SLOPPINESS := time_macros
endif
kernel-tools := CROSS_COMPILE=$(CROSS_COMPILE) $(if $(CCACHE),CC="ccache $(CROSS_COMPILE)gcc" HOSTCC="ccache gcc")

# Two at once in one object folder would spoil each other's work.
KBUILD = flock $(abspath $(KB))/kbuild.lock $(MAKE) -C $(KSRC) O=$(abspath $(KOBJ)) ARCH=lkl $(kernel-tools) \
	KBUILD_BUILD_TIMESTAMP="$$(date -u -r $(KSRC)/Makefile)" \
	$(if $(filter 1,$(V)),V=1)

# Recipes that call make run even under "make -n"; this keeps them from working.
dry = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),: )

# ---- source -------------------------------------------------------------

source-id := $(shell scripts/source.sh id "$(LINUX)")

$(TOP)/source.id: FORCE
	$(Q)mkdir -p $(TOP); echo '$(source-id)' | cmp -s - $@ || echo '$(source-id)' > $@

$(TOP)/source.stamp: $(TOP)/source.id scripts/source.sh
	$(Q)scripts/packages.sh missing $(build-groups)
	$(Q)flock $(TOP) scripts/source.sh unpack "$(LINUX)" $(KSRC)
	$(Q)touch $@

# ---- configuration --------------------------------------------------------

defconfig := $(filter-out full_%,$(CONFIG)_)defconfig
fragments := $(KCONFIG)
ifneq ($(filter $(CONFIG),$(test-configs)),)
defconfig := small_defconfig
fragments := tests/kernels/$(CONFIG).config $(KCONFIG)
# What an emulator needs beside.
ifneq ($(cross),)
fragments := $(wildcard tests/kernels/emulated/$(ARCH_TARGET)-$(CONFIG).config) $(fragments)
endif
endif
# All that the tree's own tool tests, with what is default there.
ifeq ($(CONFIG),kunit)
defconfig := none
tree-fragments := $(KSRC)/tools/testing/kunit/configs/all_tests.config
endif

# menuconfig leaves config.user: from then on the configuration is the user's.
kconfig-files := $(shell find arch/lkl -name 'Kconfig*' -o -path '*/configs/*' -type f)

$(KB)/config.id: FORCE
	$(Q)mkdir -p $(KB); echo '$(KCONFIG)' | cmp -s - $@ || echo '$(KCONFIG)' > $@

$(KB)/config.stamp: $(TOP)/source.stamp $(KB)/config.id $(kconfig-files) $(fragments) \
		   $(wildcard $(KB)/config.user) $(if $(wildcard $(KOBJ)/.config),,FORCE)
	$(say) CONFIG $(KOBJ)/.config
	$(Q)scripts/packages.sh missing $(build-groups)
	$(Q)mkdir -p $(KOBJ)
	$(Q)+$(dry)scripts/config.sh $(KSRC) $(KOBJ) $(KB)/config.user $(defconfig) \
		"$(tree-fragments) $(fragments)" $(KBUILD) -s
	$(Q)touch $@

PHONY += menuconfig
menuconfig: $(KB)/config.stamp
	$(Q)scripts/packages.sh missing build menu
	$(Q)+$(MAKE) -C $(KSRC) O=$(abspath $(KOBJ)) ARCH=lkl $(kernel-tools) menuconfig
	$(Q)touch $(KB)/config.user

# ---- vmlinux ------------------------------------------------------------

kernel-files := $(sort $(shell find arch/lkl -type f ! -name '*~' ! -name '.*') \
		include/uapi/lkl_ops.h)

# A file that went away is a change too.
$(KB)/kernel.list: FORCE
	$(Q)printf '%s\n' $(kernel-files) | cmp -s - $@ || printf '%s\n' $(kernel-files) > $@

# The stamp is of when kbuild began: what changed meanwhile is built next time.
$(KB)/kernel.stamp: $(KB)/config.stamp $(KB)/kernel.list $(kernel-files) \
		   $(if $(wildcard $(LINUX)/Kbuild),FORCE) | $(KB)/headers.stamp
	$(say) KERNEL $(VMLINUX)
	$(Q)touch $@.begun
	$(Q)$(if $(wildcard $(VMLINUX)),scripts/stale.sh $(KOBJ))
	$(Q)+$(dry)CROSS_COMPILE=$(CROSS_COMPILE) scripts/cache.sh kernel $(KSRC) $(KOBJ) -- \
		$(KBUILD) vmlinux
	$(Q)mv $@.begun $@

$(VMLINUX): $(KB)/kernel.stamp ;

PHONY += kernel
kernel: $(VMLINUX)

# Debuggers find symbols in $(VMLINUX), which is laid out the same way.
$(IMAGE): $(KB)/kernel.stamp
	$(say) IMAGE $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS_COMPILE)objcopy --strip-all $(VMLINUX) $@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@
	$(Q)touch $@
