#!/bin/sh
# SPDX-License-Identifier: MIT
# Ships parcels: shipping.sh DIRECTORY
#
# A worker of the group "shipping", which runs ship.sh for each parcel, two at once. There may be
# several of it. DIRECTORY gets a file for each parcel.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: shipping.sh DIRECTORY" >&2
	exit 2
fi
exec pubsub-subscribe 'shop.parcel.=' --group shipping -j 2 --exec "$(dirname "$0")/ship.sh" "$1"
