#!/bin/bash
# The container images, built and run for real, on a Debian base made here.
#
#   tests/fresh/container.sh          builds all of it; half an hour
#   tests/fresh/container.sh DEB      with this package for the build stage
#
# Needs root, podman with runc and catatonit, mmdebstrap. The agent that sees the host observes;
# the one that enforces has a PID namespace of its own.
set -euo pipefail
. "$(dirname "$0")/base.sh"
needs podman runc catatonit mmdebstrap curl node
package=${1:+$(readlink -f "$1")}
work=$(mktemp -d "${FRESH_TMP:-/var/tmp}/strayd-fresh.XXXXXX")
suffix=$$
agent=strayd-test-agent-$suffix demo=strayd-test-demo-$suffix

podman_settings >"$work/containers.conf"
export CONTAINERS_CONF=$work/containers.conf

finish() {
  podman rm --force --ignore --time 5 "$agent" "$demo" >/dev/null 2>&1 || true
  [ ! -e "$work/pod.yaml" ] || podman kube down "$work/pod.yaml" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

tally
metric() { # PORT PATTERN
  curl -sf --user prometheus:scrape "http://127.0.0.1:$1/metrics" |
    awk -v want="^$2 " '$0 !~ /^#/ && $0 ~ want { sum += $NF; found = 1 } END { if (found) print sum }'
}
metric_is() { [ "$(metric "$1" "$2")" = "$3" ]; }
metric_above() { [ "$(metric "$1" "$2")" -gt "$3" ]; }

echo "images"
debian=localhost/strayd-test-debian:bookworm
podman import --quiet --change 'CMD ["bash"]' "$(base_with ca-certificates)" $debian >/dev/null 2>&1
stage=()
if [ -n "$package" ]; then
  mkdir "$work/out" && cp "$package" "$work/out/strayd.deb"
  stage=(--build-context "build=$work/stage")
  mkdir -p "$work/stage/out" && cp "$package" "$work/stage/out/strayd.deb"
fi
build() { # FILE TAG ARGUMENT...
  local file=$1 tag=$2
  shift 2
  podman build --quiet --pull=never --format docker --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --file "$repository/$file" --tag "$tag" "$@" "$repository" >"$work/log" 2>&1 ||
    { tail -n 40 "$work/log" && false; }
}
check "the agent's is built" build docker/Dockerfile localhost/strayd-test:latest \
  --build-arg DEBIAN=$debian --build-arg REVISION=test ${stage[@]+"${stage[@]}"}
check "the demonstration's is built" build docker/demo/Dockerfile localhost/strayd-test-demo:latest \
  --build-arg STRAYD=localhost/strayd-test:latest
echo "    $(podman images --format '{{.Repository}} {{.Size}}' | grep strayd-test | tr '\n' ' ')"
check "its program is no root" [ "$(podman run --rm --no-healthcheck --entrypoint id localhost/strayd-test:latest -un)" = nobody ]
check "it says its version" quietly podman run --rm --no-healthcheck localhost/strayd-test:latest --version
check "it has a health check" [ -n "$(podman inspect --format '{{.HealthCheck.Test}}' localhost/strayd-test:latest)" ]

echo "this host, observed"
podman run --detach --name "$agent" --no-healthcheck --pid=host --network=host --cgroupns=host --user 0 \
  --cap-drop=all --cap-add=SYS_PTRACE --cap-add=DAC_READ_SEARCH --cap-add=DAC_OVERRIDE \
  --security-opt no-new-privileges --read-only --tmpfs /var/lib/strayd:mode=0700 \
  --env STRAYD_PORT=19586 \
  localhost/strayd-test:latest run --observe --web.listen-address 127.0.0.1:19586 >/dev/null
check "it is healthy" eventually podman exec "$agent" strayd-healthcheck
check "it has scanned" eventually metric_above 19586 strayd_scans_total 0
for feature in live_procfs pid_namespace pidfd foreign_processes exe_of_others environ_of_others \
  seccomp sock_diag control_socket network_namespace; do
  check "it has $feature" metric_is 19586 "strayd_feature_available.*\"$feature\".*" 1
done
check "it observes" metric_is 19586 strayd_enforcing 0
check "it sees the host's processes" metric_above 19586 strayd_processes 20
check "an operator reaches it" quietly podman exec "$agent" strayd breaker status
check "it ends when it is told to" quietly podman stop --time 20 "$agent"
check "with a status of 0" [ "$(podman inspect --format '{{.State.ExitCode}}' "$agent")" = 0 ]

echo "the demonstration"
podman run --detach --name "$demo" --no-healthcheck --network=host --cap-drop=all \
  --security-opt no-new-privileges --env EVERY=15 localhost/strayd-test-demo:latest >/dev/null
within=120
check "it enforces" eventually metric_is 9587 strayd_enforcing 1
check "its PM2 answers" eventually metric_is 9587 'strayd_pm2_up.*' 1
within=180
check "its orphan is ended" eventually metric_above 9587 'strayd_orphans_killed_total.*' 0
check "its app was never harmed" metric_is 9587 strayd_kills_harmful_total 0
check "it is healthy" quietly podman exec "$demo" strayd-healthcheck

echo "Kubernetes"
# A DaemonSet is for a cluster; the pod of a Deployment is the same. Podman 4.3
# gives it the host's network, but not the host's processes or address, and no
# Secret whose volume says no more than its name.
mkdir -m 0700 "$work/state" "$work/users"
cat >"$work/users/web.yml" <<'END'
basic_auth_users:  # the password is scrape
  prometheus: $2b$04$caM5jnR9Hl52UHXn.MSmreW9W3zdr5DRQAZJjIt3veLu8dyK6UTCK
END
sed -e 's/kind: DaemonSet/kind: Deployment/' -e 's/9586/19588/g' \
  -e 's/\$(NODE_IP)/127.0.0.1/; /- name: NODE_IP/d; /fieldPath: status.hostIP/d' -e '/^ *env:$/d' \
  -e "s|secret: {.*|hostPath: {path: $work/users, type: Directory}|" \
  -e 's|image: strayd:.*|image: localhost/strayd-test:latest|' \
  -e "s|path: /var/lib/strayd|path: $work/state|" -e '1,/^---/d' \
  "$repository/docker/kubernetes/daemonset.yaml" >"$work/pod.yaml"
check "the pod starts" quietly podman kube play "$work/pod.yaml"
check "it answers a probe" eventually curl -sf http://127.0.0.1:19588/-/ready
check "it asks who wants the metrics" test "$(
  curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:19588/metrics)" = 401
for feature in audit_ledger state_file control_socket environ_of_others seccomp sock_diag; do
  check "it has $feature" metric_is 19588 "strayd_feature_available.*\"$feature\".*" 1
done
check "it is taken away" quietly podman kube down "$work/pod.yaml"

report
