# SPDX-License-Identifier: GPL-2.0
#
# What is built for: a processor (ARCH_TARGET), a host system (HOST) and a kernel
# configuration (CONFIG). Each combination has a folder of its own:
#
#   $(TOP)  build/, where the kernel source is unpacked once for all
#   $(KB)   of a processor and a configuration: the kernel, the image, the headers
#   $(B)    of these, a host and sanitizers: objects, libraries, programs, tests
#
# For this machine's own processor, Linux and the full configuration all three are
# the same. $(CROSS_COMPILE) is put before the names of the tools that make the image,
# $(prefix) before those that make the host's half.

TOP := build

machine := $(shell uname -m)
native := $(or $(patsubst aarch64,arm64,$(filter aarch64 riscv64 x86_64,$(machine))),$(machine))
# Only where make was told: shells and other builds have variables of these names.
told = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)),$(2))
ARCH_TARGET := $(call told,ARCH_TARGET,$(native))
HOST := $(call told,HOST,linux)
CONFIG := $(call told,CONFIG,full)

processors := x86_64 arm64 riscv64
ifeq ($(filter $(ARCH_TARGET),$(processors)),)
$(error ARCH_TARGET=$(ARCH_TARGET) is not one of $(processors); docs/porting.md says why)
endif
# Some are made for tests only, in tests/hosts.
host-folder := $(patsubst %/host.mk,%,$(wildcard host/$(HOST)/host.mk tests/hosts/$(HOST)/host.mk))
ifeq ($(host-folder),)
$(error There is no host/$(HOST))
endif
configs := full $(patsubst arch/lkl/configs/%_defconfig,%,$(wildcard arch/lkl/configs/*_defconfig))
# Kernels that are made for tests only: see scripts/proof.mk.
test-configs := $(patsubst tests/kernels/%.config,%,$(wildcard tests/kernels/*.config))
configs += $(test-configs)
ifeq ($(filter $(CONFIG),$(configs)),)
$(error CONFIG=$(CONFIG) is not one of $(configs))
endif

# The compiler of another processor, by Debian's names.
triplet-x86_64 := x86_64-linux-gnu-
triplet-arm64 := aarch64-linux-gnu-
triplet-riscv64 := riscv64-linux-gnu-
cross := $(if $(filter-out $(native),$(ARCH_TARGET)),y)
CROSS_COMPILE ?= $(if $(cross),$(triplet-$(ARCH_TARGET)))

# Libraries of this machine are of no use for another.
PKG_CONFIG ?= $(if $(cross),$(or $(shell command -v $(CROSS_COMPILE)pkg-config),false),pkg-config)
export PKG_CONFIG

# What is particular about the host: its compiler, flags and libraries; and host-kin, whose
# files it has where it has none of the same name.
include $(host-folder)/host.mk

foreign := $(cross)$(host-prefix)$(host-compiler)
prefix := $(or $(host-prefix),$(CROSS_COMPILE))
CC := $(if $(filter $(if $(foreign),command,command environment),$(firstword $(origin CC))),$(CC),$(or $(host-compiler),$(prefix)gcc))

# The packages that a build for this target needs, see scripts/packages.sh.
build-groups := build $(if $(cross),cross_$(ARCH_TARGET)) $(host-groups)

kernel-name := $(filter-out full $(native),$(ARCH_TARGET) $(CONFIG))
kernel-name := $(subst $() ,-,$(strip $(kernel-name)))
target-name := $(strip $(kernel-name) $(filter-out linux,$(HOST)) $(subst $(comma), ,$(SANITIZE)))
target-name := $(subst $() ,-,$(target-name))
KB := $(TOP)$(addprefix /,$(kernel-name))
B := $(TOP)$(addprefix /,$(target-name))

# What runs programs of another processor here. Its notes of each page of the address
# space would fill the memory, if the kernel found as much of it as elsewhere.
emulator-arm64 := qemu-aarch64
emulator-riscv64 := qemu-riscv64
ifneq ($(cross),)
emulator := $(emulator-$(ARCH_TARGET)) -L /usr/$(triplet-$(ARCH_TARGET):%-=%) -R 0x200000000
endif

# What "make check" installs, and what it tests in an emulator: the full configuration
# if it was asked for, else one that is built in minutes.
check-groups := $(build-groups) $(if $(cross),emulate,test)
check-config := $(if $(cross),CONFIG=$(call told,CONFIG,small))
