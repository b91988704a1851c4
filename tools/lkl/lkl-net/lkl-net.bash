# SPDX-License-Identifier: GPL-2.0
# bash completion for lkl-net

_lkl_net()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local options="--json --pcap --interface --netns --host --verbose --help"
	local commands="show ping server test exec wait" command="" config="" w i

	case $prev in
	--pcap|--log) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	-i|--interface|-n|--netns|-p|--port|-t|--time|-b|--rate|-l|--length|-c|-s) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		-H|--host) config=none ;;
		--pcap|-i|--interface|-n|--netns) i=$((i + 1)) ;;
		-*) ;;
		*)
			if [ -z "$config" ]; then
				config=$w
			elif [ -z "$command" ]; then
				command=$w
			fi ;;
		esac
	done
	case $command in
	test) options="--time --reverse --round-trips --udp --rate --length --port --mptcp --log --iperf3" ;;
	server) options="--port --mptcp --once --iperf3" ;;
	ping) options="-c -i -s" ;;
	exec) mapfile -t COMPREPLY < <(compgen -c -- "$cur"); return ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	elif [ -z "$config" ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur"; compgen -W env -- "$cur")
	elif [ -z "$command" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
	fi
}
complete -o filenames -F _lkl_net lkl-net
