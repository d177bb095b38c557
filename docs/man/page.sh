#!/bin/sh
# SPDX-License-Identifier: MIT
#
#     page.sh SCDOC <PAGE.scd >PAGE
# A manual page by scdoc. Its tables are for tbl(1), which not every man(1) runs unless the page's
# first line asks for it.

set -eu

page=$("$1")
case $page in
*'
.TS
'*) printf "'\\\\\" t\n" ;;
esac
printf '%s\n' "$page"
