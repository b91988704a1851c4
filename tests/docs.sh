#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the documentation says is there. time limit: 60 s

. "$(dirname "$0")/lib/shell.sh"

# Every public function has a description of every parameter.
headers_documented()
{
	scripts/apidoc.py "$LKL_TEST_TMP/docs" include/uapi/*.h "$B/include/lkl/syscalls.h"
}

pages_are_right()
{
	groff -man -ww -z "$LKL_TEST_TMP"/docs/man3/*.3 2>&1 | tee /dev/stderr | cmp - /dev/null
}

links_lead_somewhere()
{
	local page link missing=0

	for page in README.md docs/*.md; do
		while IFS= read -r link; do
			[ -e "$(dirname "$page")/${link%%#*}" ] && continue
			echo "$page: $link"
			missing=1
		done < <(grep -o '](\([^):]*\))' "$page" | sed 's/^](//; s/)$//')
	done
	return $missing
}

# The README shows examples/hello/hello.c, without its first line.
first_program()
{
	sed -n '/^```c$/,/^```$/p' README.md | sed '/^```$/q' | sed '/^```/d' |
		diff - <(tail -n +2 examples/hello/hello.c)
}

export -f headers_documented pages_are_right links_lead_somewhere first_program
try headers 30 headers_documented
if have groff; then
	try man_pages 30 pages_are_right
else
	skip man_pages "no groff"
fi
try links 10 links_lead_somewhere
try first_program 10 first_program
