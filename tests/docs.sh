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

# Pages that stand for another one find it where they are installed.
program_pages_are_right()
{
	local dir=$LKL_TEST_TMP/man
	mkdir -p "$dir/man1" && cp tools/lkl/*/*.1 "$dir/man1/" || return
	(cd "$dir" && for page in man1/*.1; do groff -man -ww -z "$page"; done) 2>&1 |
		tee /dev/stderr | cmp - /dev/null
}

# Each option that --help has is in the manual and completed. fs2tar has those of cptofs.
options_are_everywhere()
{
	local page program folder option more missing=0

	for page in tools/lkl/*/*.1; do
		program=$(basename "$page" .1) folder=$(dirname "$page")
		[ -x "$B/bin/$program" ] || continue
		more=()
		[ "$folder" != tools/lkl/fs2tar ] || more=(tools/lkl/cptofs/*.1)
		for option in $("$B/bin/$program" --help 2>&1 |
				grep -oE -- '--[a-z][a-z0-9-]+|-o [a-z_-]+=' | tr -d ' ' | sort -u); do
			[ "$option" != --usage ] || continue
			cat "$folder"/*.1 "${more[@]}" |
				sed 's/\\f[A-Z]//g; s/\\-/-/g; s/-o \([a-z]\)/-o\1/g' |
				grep -qE -- "(^|[^a-z-])$option([^a-z0-9-]|\$)" ||
				{ echo "$program: the manual lacks $option"; missing=1; }
			grep -qE -- "(^|[^a-z-])${option#-o}([^a-z0-9-]|\$)" "$folder"/*.bash ||
				{ echo "$program: $option is not completed"; missing=1; }
		done
	done
	return $missing
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

export -f headers_documented pages_are_right program_pages_are_right options_are_everywhere
export -f links_lead_somewhere first_program
try headers 30 headers_documented
if have groff; then
	try man_pages 30 pages_are_right
	try program_pages 30 program_pages_are_right
else
	skip man_pages "no groff"
fi
try options 30 options_are_everywhere
try links 10 links_lead_somewhere
try first_program 10 first_program
