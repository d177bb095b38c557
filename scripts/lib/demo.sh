# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev demo: builds the commands and shows them at work on a log of this machine, in a
# home of its own. Every command that it shows is run as it is shown.

# How many lines of the log are published.
demo_lines=8
# Where the commands are.
demo_path=

verb_demo() {
	require build
	say "building in build-release/"
	configure build-release -Dbuildtype=release -Dtests=false -Dbench=false -Dman=disabled
	compile build-release tools/pubsub-publish tools/pubsub-subscribe tools/pubsub-ls
	demo_enter
	demo_messages
	demo_fan_out
	demo_waiting
	demo_afterwards
}

# A place of our own for the bus, best in shared memory, and the commands in PATH.
demo_enter() {
	local place

	if [[ -w /dev/shm ]]; then
		make_temporary place /dev/shm
	else
		make_temporary place
	fi
	demo_path=$ROOT/build-release/tools
	export PATH=$demo_path:$PATH PUBSUB_HOME=$place/bus
	cd -- "$place" || die "demo: can't enter $place"
	mkfifo ready
}

# Shows a command, then runs it here.
step() {
	printf '\n$ %s\n' "$1"
	eval "$1"
}

# Waits until a subscriber has said that it is ready (a line on its --ready-fd).
demo_await_ready() {
	read -r -t 30 _ <>ready || die "demo: a subscriber did not get ready"
}

# Waits for processes of ours. Each ends by itself when it has its messages, or in time without.
demo_await() {
	local pid

	for pid in "$@"; do
		wait "$pid" || die "demo: a subscriber did not get its messages (exit code $?)"
	done
}

# Puts the last lines of a log of this machine, the first that has any, into the file `log`, and
# where they are from into `log-name`.
demo_log() {
	local name

	for name in /var/log/dpkg.log /var/log/apt/history.log /var/log/syslog \
		/var/log/alternatives.log; do
		if demo_try_log "$name" tail -n "$demo_lines" "$name"; then
			return
		fi
	done
	demo_try_log journalctl journalctl --quiet --no-pager --lines "$demo_lines" ||
		demo_try_log dmesg dmesg ||
		die "demo: there is no log on this machine that we may read"
}

demo_try_log() {
	local name=$1
	shift

	printf '%s\n' "$name" >log-name
	("$@" | tail -n "$demo_lines" | sed '/^$/d') >log 2>/dev/null && [[ -s log ]]
}

# Makes `messages`: a line for each line of the log, `log.WORD LINE`. WORD is the first word that
# is neither a time nor this machine's name: in most logs what happened, or who speaks.
demo_messages() {
	demo_log
	awk -v host="$(uname -n)" '{
		topic = "log.line"
		for (i = NF; i > 0; i--)
			if ($i ~ /^[A-Za-z][A-Za-z-]*(\[[0-9]+\])?:?$/ && $i != host &&
			    $i !~ months)
				topic = "log." $i
		sub(/\[.*|:$/, "", topic)
		print topic, substr($0, 1, 70)
	}' months='^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$' log >messages
	printf '\nThe last lines of %s, with a topic each:\n' "$(<log-name)"
	step 'cat messages'
}

demo_subscribers=()

# Starts a subscriber in the background, its output prefixed by its pattern.
demo_subscriber() {
	local options=$1 pattern=$2

	step "pubsub-subscribe --ready-fd 3 $options -W 30 '$pattern' 3>ready |
    sed -u 's/^/  [$pattern] /' &"
	demo_subscribers+=($!)
	demo_await_ready
}

demo_fan_out() {
	local topic count all

	topic=$(cut -d ' ' -f 1 messages | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
	count=$(cut -d ' ' -f 1 messages | grep -cxF "$topic")
	all=$(wc -l <messages)
	printf '\nThree subscribers, each a process of its own:\n'
	demo_subscriber "-v -C $all" 'log.='
	demo_subscriber "-C $all" +
	demo_subscriber "-C $count" "$topic"
	printf '\nOne publisher. No server: matching directories get a hard link to the message.\n'
	step "pubsub-publish -l --topic-sep ' ' <messages"
	demo_await "${demo_subscribers[@]}"
}

# A subscriber that does not come to read: its messages are files, and ls shows them.
demo_waiting() {
	local pid

	printf '\nA subscriber that is stopped, and what waits for it:\n'
	step "pubsub-subscribe --ready-fd 3 -v -C 3 -W 30 'log.=' 3>ready &"
	pid=$!
	demo_await_ready
	step "kill -STOP $pid"
	step "head -n 3 messages | pubsub-publish -l --topic-sep ' '"
	step "ls -l \$PUBSUB_HOME/log.=_*"
	step 'pubsub-ls'
	step "kill -CONT $pid"
	demo_await "$pid"
	printf '\nIt has read them and has gone, and its directory with it:\n'
	step "ls \$PUBSUB_HOME"
}

demo_afterwards() {
	cat <<END

That was all of it, and nothing is left of it. To go on by yourself:

  export PATH=$demo_path:\$PATH
  pubsub-subscribe -v 'greeting.='          # in one terminal
  pubsub-publish greeting.world hello       # in another

What else there is: pubsub-subscribe --help. The tests: scripts/dev test.
END
}
