# SPDX-License-Identifier: GPL-2.0
#
# What goes where below $(DESTDIR)$(PREFIX).

to = $(DESTDIR)$(PREFIX)

installed-tools := $(filter-out demo,$(tools))
tool-pages := $(wildcard $(installed-tools:%=tools/lkl/%/*.1))
tool-completions := $(wildcard $(installed-tools:%=tools/lkl/%/*.bash))

PHONY += install uninstall
install: all
	$(say) INSTALL $(to)
	$(Q)install -d "$(to)/lib/pkgconfig" "$(to)/include/lkl" "$(to)/bin" \
		"$(to)/share/doc/lkl"
	$(Q)install -m 644 $(B)/liblkl.a "$(to)/lib/"
	$(Q)install -m 755 $(B)/liblkl.so.1 "$(to)/lib/"
	$(Q)ln -sf liblkl.so.1 "$(to)/lib/liblkl.so"
	$(Q)install -m 644 $(B)/lkl.pc "$(to)/lib/pkgconfig/"
	$(Q)install -m 644 include/uapi/*.h "$(to)/include/"
	$(Q)cp -rT $(KB)/include/lkl "$(to)/include/lkl"
	$(Q)for t in $(installed-tools); do \
		install -m 755 "$(B)/bin/$$t" "$(to)/bin/" || exit; done
	$(Q)$(foreach t,$(installed-tools),$(foreach l,$(links-$(t)),\
		ln -sf $(t) "$(to)/bin/$(l)";))
	$(Q)install -d "$(to)/share/man/man1" "$(to)/share/bash-completion/completions"
	$(Q)for f in $(tool-pages); do install -m 644 $$f "$(to)/share/man/man1/" || exit; done
	$(Q)for f in $(tool-completions); do install -m 644 $$f \
		"$(to)/share/bash-completion/completions/$$(basename $$f .bash)" || exit; done
	$(Q)install -m 644 README.md COPYING "$(to)/share/doc/lkl/"
	$(Q)install -d "$(to)/share/doc/lkl/examples/hello"
	$(Q)install -m 644 examples/hello/* "$(to)/share/doc/lkl/examples/hello/"
	$(Q)install -d "$(to)/share/lkl"
	$(Q)install -m 644 scripts/lkl-gdb.py "$(to)/share/lkl/"
	$(Q)$(CROSS_COMPILE)objcopy --only-keep-debug $(VMLINUX) "$(to)/share/lkl/vmlinux"

uninstall:
	$(Q)rm -rf "$(to)/include/lkl" "$(to)/share/doc/lkl" "$(to)/share/lkl" \
		$(patsubst include/uapi/%,"$(to)/include/%",$(uapi-headers)) \
		$(patsubst %,"$(to)/lib/%",liblkl.a liblkl.so liblkl.so.1 pkgconfig/lkl.pc) \
		$(patsubst %,"$(to)/bin/%",$(installed-tools) \
			$(foreach t,$(installed-tools),$(links-$(t)))) \
		$(patsubst %,"$(to)/share/man/man1/%",$(notdir $(tool-pages))) \
		$(patsubst %.bash,"$(to)/share/bash-completion/completions/%",$(notdir $(tool-completions)))
