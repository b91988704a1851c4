# SPDX-License-Identifier: GPL-2.0
#
# From the packaged kernel source to the image that the library carries:
#
#   $(KSRC)           the source, unpacked once, never changed; arch/lkl in it
#                     is a symbolic link to ours
#   $(KOBJ)           the kernel's object folder, with .config and vmlinux
#   $(B)/lkl/image.elf  vmlinux without symbols and debugging information
#
# Kbuild takes many seconds to find that nothing is to be done. So it is entered
# only when one of its inputs changed: arch/lkl, the contract with the hosts,
# the configuration or the identity of the source.

KSRC := $(B)/linux-source-6.12
KOBJ := $(B)/kernel
VMLINUX := $(KOBJ)/vmlinux
IMAGE := $(B)/lkl/image.elf

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
ccache-args := CC="ccache gcc" HOSTCC="ccache gcc"
endif

# Two at once in one object folder would spoil each other's work.
KBUILD = flock $(abspath $(B))/kbuild.lock $(MAKE) -C $(KSRC) O=$(abspath $(KOBJ)) ARCH=lkl $(ccache-args) \
	KBUILD_BUILD_TIMESTAMP="$$(date -u -r $(KSRC)/Makefile)" \
	$(if $(filter 1,$(V)),V=1)

# Recipes that call make run even under "make -n"; this keeps them from working.
dry = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),: )

# ---- source -------------------------------------------------------------

source-id := $(shell scripts/source.sh id "$(LINUX)")

$(B)/source.id: FORCE
	$(Q)mkdir -p $(B); echo '$(source-id)' | cmp -s - $@ || echo '$(source-id)' > $@

$(B)/source.stamp: $(B)/source.id scripts/source.sh
	$(Q)scripts/packages.sh missing build
	$(Q)scripts/source.sh unpack "$(LINUX)" $(KSRC)
	$(Q)touch $@

# ---- configuration --------------------------------------------------------

# menuconfig leaves config.user: from then on the configuration is the user's.
kconfig-files := $(shell find arch/lkl -name 'Kconfig*' -o -path '*/configs/*' -type f)

$(B)/config.id: FORCE
	$(Q)echo '$(KCONFIG)' | cmp -s - $@ || echo '$(KCONFIG)' > $@

$(B)/config.stamp: $(B)/source.stamp $(B)/config.id $(kconfig-files) $(KCONFIG) \
		   $(wildcard $(B)/config.user)
	$(say) CONFIG $(KOBJ)/.config
	$(Q)mkdir -p $(KOBJ)
	$(Q)+$(dry)scripts/config.sh $(KSRC) $(KOBJ) $(B)/config.user "$(KCONFIG)" $(KBUILD) -s
	$(Q)touch $@

PHONY += menuconfig
menuconfig: $(B)/config.stamp
	$(Q)scripts/packages.sh missing build menu
	$(Q)+$(MAKE) -C $(KSRC) O=$(abspath $(KOBJ)) ARCH=lkl menuconfig
	$(Q)touch $(B)/config.user

# ---- vmlinux ------------------------------------------------------------

kernel-files := $(sort $(shell find arch/lkl -type f ! -name '*~' ! -name '.*') \
		include/uapi/lkl_ops.h)

# A file that went away is a change too.
$(B)/kernel.list: FORCE
	$(Q)printf '%s\n' $(kernel-files) | cmp -s - $@ || printf '%s\n' $(kernel-files) > $@

# The stamp is of when kbuild began: what changed meanwhile is built next time.
$(B)/kernel.stamp: $(B)/config.stamp $(B)/kernel.list $(kernel-files) \
		   $(if $(wildcard $(LINUX)/Kbuild),FORCE) | $(B)/headers.stamp
	$(say) KERNEL $(VMLINUX)
	$(Q)touch $@.begun
	$(Q)+$(dry)scripts/cache.sh kernel $(KSRC) $(KOBJ) -- $(KBUILD) vmlinux
	$(Q)mv $@.begun $@

$(VMLINUX): $(B)/kernel.stamp ;

PHONY += kernel
kernel: $(VMLINUX)

# Debuggers find symbols in $(VMLINUX), which is laid out the same way.
$(IMAGE): $(B)/kernel.stamp
	$(say) IMAGE $@
	$(Q)mkdir -p $(@D)
	$(Q)objcopy --strip-all $(VMLINUX) $@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@
	$(Q)touch $@
