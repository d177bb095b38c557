# SPDX-License-Identifier: MIT
"""The benchmark of libfsps: scenarios, the processes that they run, and the report."""
