#!/bin/sh
# SPDX-License-Identifier: MIT
#
# link.sh PAGE OUTPUT...: writes manual pages that lead to PAGE, such as fsps_bus.3.

set -eu

page=$1
shift
for output; do
	printf '.so man%s/%s\n' "${page##*.}" "$page" >"$output"
done
