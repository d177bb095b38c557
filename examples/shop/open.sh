#!/bin/sh
# SPDX-License-Identifier: MIT
# Opens the shop: from now on each service's channel collects, whether that service runs or not.
# May be run again at any time.
set -eu

pubsub-subscribe 'shop.order.=' --durable orders -E
pubsub-subscribe 'shop.stock.=' --durable inventory -E
pubsub-subscribe 'shop.parcel.=' --group shipping -E
