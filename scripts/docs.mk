# SPDX-License-Identifier: GPL-2.0
#
# Documentation of the interface, out of the headers' comments: pages of Markdown
# in $(B)/docs/api, manual pages in $(B)/docs/man3.

$(B)/docs.stamp: scripts/apidoc.py $(uapi-headers) $(KB)/headers.stamp
	$(say) DOCS $(B)/docs
	$(Q)rm -rf $(B)/docs
	$(Q)scripts/apidoc.py $(B)/docs $(uapi-headers) $(KB)/include/lkl/syscalls.h
	$(Q)touch $@

PHONY += docs install-docs uninstall-docs
docs: $(B)/docs.stamp

install-docs: docs
	$(Q)install -d "$(to)/share/doc/lkl/docs/api" "$(to)/share/man/man3"
	$(Q)install -m 644 docs/*.md "$(to)/share/doc/lkl/docs/"
	$(Q)install -m 644 $(B)/docs/api/*.md "$(to)/share/doc/lkl/docs/api/"
	$(Q)install -m 644 $(B)/docs/man3/*.3 "$(to)/share/man/man3/"

uninstall-docs:
	$(Q)for f in $(B)/docs/man3/*.3; do rm -f "$(to)/share/man/man3/$${f##*/}"; done

install: install-docs
uninstall: uninstall-docs
