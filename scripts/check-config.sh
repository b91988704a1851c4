#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Compares a wished-for configuration with what kconfig made of it: kconfig drops
# a line whose symbol is unknown or whose dependencies are not met, and says
# nothing.
#
# Usage: check-config.sh WISH... DOTCONFIG
# Prints the lines that did not arrive, exits with 1 if there are any.

set -eu

if [ $# -lt 2 ]; then
	echo "usage: $0 WISH... DOTCONFIG" >&2
	exit 2
fi

# The last argument is the result; a later wish overrides an earlier one.
awk '
	function name(line) {
		if (line ~ /^CONFIG_[A-Za-z0-9_]+=/)
			return substr(line, 1, index(line, "=") - 1)
		if (line ~ /^# CONFIG_[A-Za-z0-9_]+ is not set$/)
			return substr(line, 3, length(line) - 13)
		return ""
	}
	function value(line) {
		return line ~ /^#/ ? "n" : substr(line, index(line, "=") + 1)
	}
	FNR == 1 { file++ }
	{ sym = name($0) }
	sym == "" { next }
	file < last { wish[sym] = value($0); where[sym] = FILENAME ":" FNR; next }
	{ have[sym] = value($0) }
	END {
		for (sym in wish) {
			got = sym in have ? have[sym] : "n"
			if (got == wish[sym])
				continue
			printf "%s: %s=%s became %s\n", where[sym], sym, wish[sym], got
			bad = 1
		}
		exit bad
	}
' last=$# "$@" | sort -t: -k1,1 -k2,2n | {
	status=0
	while IFS= read -r line; do
		echo "$line"
		status=1
	done
	exit $status
}
