# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2207
# Completion of lklfuse for bash.

_lklfuse()
{
	local word=$2 before=$3 done_

	case $before in
	-o)
		done_=
		[[ $word != *,* ]] || done_=${word%,*},
		compopt -o nospace
		COMPREPLY=($(compgen -P "$done_" -W "type= part= format= volume= key-file=
			degraded opts= ro uid= gid= umask= default_permissions writeback halt
			allow_other mb= log= lock=" -- "${word##*,}"))
		return ;;
	--key-file|--pid-file)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$word"))
		return ;;
	-u|--unmount)
		compopt -o filenames
		COMPREPLY=($(compgen -W "$(sed -n \
			's/.* \(\/[^ ]*\) [^ ]* .* - fuse\.lklfuse .*/\1/p' \
			/proc/self/mountinfo)" -- "$word"))
		return ;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "-o -r -f -d -s --key-file --pid-file --no-sandbox
			--unmount --help --version" -- "$word"))
		return
	fi
	compopt -o filenames
	COMPREPLY=($(compgen -f -- "$word"))
}

complete -F _lklfuse lklfuse
