# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of the pubsub commands for bash. Nothing about them is written down here: each tells
# its options by itself (--list-options), so that this file can't fall behind.

# What pubsub-ls says of the home of this command line.
_pubsub_list() {
	local home=() i
	for ((i = 1; i + 1 < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == --home || ${COMP_WORDS[i]} == --home-owner ]] &&
			home+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}")
	done
	pubsub-ls "${home[@]}" --json 2>/dev/null
}

# The topics or patterns that somebody subscribes to now.
_pubsub_topics() {
	_pubsub_list | sed -n 's/.*"pattern":"\([^"]*\)".*/\1/p' |
		if [[ ${COMP_WORDS[0]##*/} == pubsub-publish ]]; then
			# Nobody publishes on a wildcard.
			grep -v '[=+]'
		else
			cat
		fi
}

# The channels of now: names of durable ones, directories of all.
_pubsub_channels() {
	_pubsub_list |
		sed -n -e 'h;s/.*"durable":"\([^"]*\)".*/\1/p' -e 'g;s/^{"name":"\([^"]*\)".*/\1/p'
}

# Offers what an argument of that kind may be.
_pubsub_offer() {
	local kind=$1 current=$2
	case $kind in
	file) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	directory) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
	command) mapfile -t COMPREPLY < <(compgen -c -- "$current") ;;
	user) mapfile -t COMPREPLY < <(compgen -u -- "$current") ;;
	group) mapfile -t COMPREPLY < <(compgen -g -- "$current") ;;
	channel) mapfile -t COMPREPLY < <(compgen -W "$(_pubsub_channels)" -- "$current") ;;
	topic) mapfile -t COMPREPLY < <(compgen -W "$(_pubsub_topics)" -- "$current") ;;
	words:*)
		kind=${kind#words:}
		mapfile -t COMPREPLY < <(compgen -W "${kind//,/ }" -- "$current")
		;;
	esac
}

_pubsub() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local name short argument kind operand=nothing takes=none names=() i

	COMPREPLY=()
	# What follows the command of --exec and --then is that command's business.
	for ((i = 1; i + 1 < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == --exec || ${COMP_WORDS[i]} == --then ]]; then
			_pubsub_offer file "$current"
			return
		fi
	done
	while IFS=$'\t' read -r name short argument kind _; do
		if [[ $name == operand ]]; then
			operand=$kind
			continue
		fi
		names+=("$name")
		if [[ $argument != - && ($previous == "$name" || $previous == "$short") ]]; then
			takes=$kind
		fi
	done < <("${COMP_WORDS[0]}" --list-options 2>/dev/null)
	if [[ $takes != none ]]; then
		_pubsub_offer "$takes" "$current"
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${names[*]}" -- "$current")
	else
		_pubsub_offer "$operand" "$current"
	fi
}

complete -o filenames -F _pubsub pubsub-publish pubsub-subscribe pubsub-ls pubsub-peek \
	pubsub-purge pubsub-rm pubsub-dead pubsub-init pubsub-bench pubsub-tail
