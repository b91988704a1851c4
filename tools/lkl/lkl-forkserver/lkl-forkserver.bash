# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2207
# Completion of lkl-forkserver for bash.

_lkl_forkserver()
{
	local word=$2 before=$3

	case $before in
	-t|--type)
		COMPREPLY=($(compgen -W "ext2 ext4 xfs btrfs f2fs ntfs3 vfat exfat jfs erofs" -- "$word"))
		return ;;
	-o|--mount-options|-e|--do|-n|--runs|-l|--limit|--size|-m|--mb|--boot)
		return ;;
	-d|--save)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$word"))
		return ;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "--type --mount-options --read-only --script --do --runs
			--limit --save --warnings --base --pack --processes --fix-checksums --size --mb --boot
			--quiet --verbose --help" -- "$word"))
		return
	fi
	compopt -o filenames
	COMPREPLY=($(compgen -f -- "$word"))
}

complete -F _lkl_forkserver lkl-forkserver
