# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev static: pubsub-publish and pubsub-subscribe as static programs with musl, which run
# where there is nothing else. They are tried in a directory that has but them.

static_commands=(pubsub-publish pubsub-subscribe)

verb_static() {
	local name

	if (($# > 0)); then
		die_usage "usage: scripts/dev static"
	fi
	# shellcheck source=scripts/lib/port.sh
	. "$ROOT/scripts/lib/port.sh"
	require build musl
	port=musl
	port_musl
	port_have_libraries
	say "static: building in build-static/"
	configure build-static --cross-file build-musl-libraries/cross.ini -Dstatic_tools=true \
		-Dbuildtype=minsize -Dtests=false -Dbench=false -Dman=disabled
	compile build-static "${static_commands[@]/#/tools/}"
	for name in "${static_commands[@]}"; do
		strip -o "build-static/$name" "build-static/tools/$name"
	done
	static_try
	say "static: these work, and need nothing else:"
	(cd build-static && stat -c '%8s bytes  build-static/%n' "${static_commands[@]}")
}

# As root of the directory, or of a user namespace of our own.
static_chroot() {
	if is_root; then
		chroot "$@"
	else
		unshare --map-root-user chroot "$@"
	fi
}

static_try() {
	local place said

	make_temporary place
	cp -- "${static_commands[@]/#/build-static/}" "$place"
	said=$(static_chroot "$place" /pubsub-subscribe --home /home -v -C 1 'a.+' \
		--then /pubsub-publish --home /home a.b hello)
	[[ $said == 'a.b hello' ]] || die "static: the subscriber said '$said'"
	said=$(echo '{"topic": "a.b", "payload": "from JSON"}' |
		static_chroot "$place" /pubsub-subscribe --home /home -C 1 'a.+' \
			--then /pubsub-publish --home /home --json-lines)
	[[ $said == 'from JSON' ]] || die "static: the subscriber said '$said'"
}
