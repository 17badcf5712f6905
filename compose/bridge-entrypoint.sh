#!/bin/sh
# Mounts tracefs, which bpftrace looks for at this place and which no engine mounts into a container, then becomes the
# command, so that a stop signal reaches it. It may not be allowed to: bpftrace 0.23 does without it where it has
# CAP_SYS_ADMIN, and the bridge says so where bpftrace does not.
tracing=/sys/kernel/tracing
[ -e "$tracing/README" ] || mount -t tracefs tracefs "$tracing" 2>/dev/null
exec "$@"
