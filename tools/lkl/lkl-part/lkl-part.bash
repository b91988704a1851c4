# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2207
# Completion of lkl-part for bash.

_lkl_part()
{
	local word=$2 before=$3

	case $before in
	-f|--format)
		COMPREPLY=($(compgen -W "raw qcow2 vmdk vdi vhdx vpc parallels" -- "$word"))
		return ;;
	-k|--key-file)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$word"))
		return ;;
	-m|--mb)
		return ;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "--format --json --key-file --mb --no-sandbox
			--verbose --help" -- "$word"))
		return
	fi
	compopt -o filenames
	COMPREPLY=($(compgen -f -- "$word"))
}

complete -F _lkl_part lkl-part
