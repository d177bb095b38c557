# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# scripts/dev model: checks the Spin models of tests/model in all their sizes. The smaller ones are
# a part of scripts/dev test, too (suite "model").

verb_model() {
	require model
	FSPS_SOURCE_ROOT=$ROOT FSPS_BUILD_ROOT=$ROOT/build PYTHONDONTWRITEBYTECODE=1 \
		PYTHONPATH=$ROOT/tests/meta python3 tests/model/run.py --full
}
