#!/usr/bin/env bash
# Ray 2.60.0: ray.init(address="HOST:PORT") where nothing listens neither connects nor raises. It tries on, in silence
# but for warnings on standard error ("Timed out while waiting for GCS"); seen: nothing raised within 81 s, and within
# 122 s where an HTTP server listened. `ray health-check --address` takes 41 s to say so. A run that is to fail at once
# therefore looks at the port itself, and tries ray.init in a process that it can end.
#
# Installs Ray into a temporary folder and waits a minute; exits with 1 where that has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q ray==2.60.0
export RAY_USAGE_STATS_ENABLED=0 HOME="$work" && cd "$work"
status=0
timeout 60 "$work/venv/bin/python" - 2> err.txt <<'PYTHON' || status=$?
import ray
ray.init(address="127.0.0.1:1", log_to_driver=False, logging_level="error")
PYTHON
echo "exit status $status (124: still waiting after 60 s); last words: $(tail -1 err.txt)"
[ "$status" = 124 ]
