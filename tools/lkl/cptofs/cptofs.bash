# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2207
# Completion of cptofs and cpfromfs for bash.

_lkl_cptofs()
{
	local word=$2 before=$3 into=

	[[ ${1##*/} != cptofs ]] || into=" --reproducible"

	case $before in
	-f|--format)
		COMPREPLY=($(compgen -W "raw qcow2 vmdk vdi vhdx vpc parallels" -- "$word"))
		return ;;
	-t|--filesystem-type)
		COMPREPLY=($(compgen -W "btrfs erofs exfat ext2 ext3 ext4 f2fs iso9660 jfs
			nilfs2 ntfs3 squashfs udf vfat xfs" -- "$word"))
		return ;;
	-P|--partition|--volume|--mount-options|-o|--owner|-g|--group|-s|--selinux|-m|--mb)
		return ;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "--image --filesystem-type --partition --volume --format
			--key-file --mount-options --owner --group --owner-map --group-map
			--selinux --one-file-system --mb --no-sandbox --quiet --verbose --help
			--version$into" -- "$word"))
		return
	fi
	compopt -o filenames
	COMPREPLY=($(compgen -f -- "$word"))
}

complete -F _lkl_cptofs cptofs cpfromfs
