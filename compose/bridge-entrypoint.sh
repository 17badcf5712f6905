#!/bin/sh
# Mounts tracefs, which bpftrace looks for at this place and which no engine mounts into a container, then becomes the
# command, so that a stop signal reaches it. Where it may not be mounted it says so and goes on: a bridge that only
# replays a recording does not need it.
tracing=/sys/kernel/tracing
if [ ! -e "$tracing/README" ] && ! mount -t tracefs tracefs "$tracing" 2>/dev/null; then
  echo "probespan bridge: tracefs cannot be mounted at $tracing: start the container with --privileged" >&2
fi
exec "$@"
