#!/bin/sh
# SPDX-License-Identifier: MIT
# Ships one parcel: ship.sh DIRECTORY, run by pubsub-subscribe --exec. What is in it is on standard
# input, the order's number in the environment. Exit status 0 acknowledges.
#
# The file DIRECTORY/NUMBER is the parcel and the mark that it was made, in one: ln(1) makes it
# whole, or not at all if it is there. It may be run twice for one order, also at the same time.
set -eu

number=${PUBSUB_HEADER_number:-}
case $number in
'' | *[!0-9]*)
	echo "a parcel without a number" >&2
	exit 1
	;;
esac
parcel=$1/$number

unfinished=$(mktemp "$1/.parcel-XXXXXX")
trap 'rm -f "$unfinished"' EXIT
cat >"$unfinished"
if ln "$unfinished" "$parcel" 2>/dev/null; then
	echo "parcel $number: $(cat "$parcel")"
elif ! [ -e "$parcel" ]; then
	echo "can't make $parcel" >&2
	exit 1
fi
pubsub-publish -q 1 -W 10 --at-least 1 -H "number:=$number" shop.order.shipped -f "$parcel"
