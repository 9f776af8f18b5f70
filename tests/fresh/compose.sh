#!/bin/bash
# docker/compose.yaml, brought up for real: the agent on this host, the
# demonstration, and a Prometheus and an Alertmanager that see both.
#
#   tests/fresh/compose.sh       after tests/fresh/container.sh, which builds the images
#
# Prometheus and Alertmanager are those of Debian, under the names of the images
# that the file asks for. Grafana is in no Debian: it is checked and left out.
# Needs root, podman with runc, docker-compose, mmdebstrap, curl, jq.
set -euo pipefail
. "$(dirname "$0")/base.sh"
needs podman runc docker-compose mmdebstrap curl jq
for port in 9586 9587 9090 9093; do
  ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || die "port $port is taken"
done
work=$(mktemp -d "${FRESH_TMP:-/var/tmp}/strayd-fresh.XXXXXX")
tree=$work/tree
mkdir "$tree" && cp -a "$repository/docker" "$repository/alerts" "$repository/dashboards" "$tree"
# What an old docker-compose does not know; it changes nothing that is tested.
sed -i '/^    cgroup: host$/d' "$tree/docker/compose.yaml"
podman_settings >"$work/containers.conf"
export CONTAINERS_CONF=$work/containers.conf DOCKER_HOST=unix://$work/podman.sock
export COMPOSE_HTTP_TIMEOUT=300  # a busy machine is slow, not broken

compose() { docker-compose --project-name strayd-test --file "$tree/docker/compose.yaml" "$@"; }
service=''
finish() {
  compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  [ -z "$service" ] || kill "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
tally

echo "images"
for image in strayd-test:strayd strayd-test-demo:strayd-demo; do
  podman tag "localhost/${image%:*}" "docker.io/library/${image#*:}:latest" 2>/dev/null ||
    die "there is no image ${image%:*}: run tests/fresh/container.sh"
done
stand_in() { # IMAGE PACKAGE
  podman build --quiet --pull=never --format docker --tag "$1" --file - "$work" >/dev/null 2>"$work/log" <<FILE
FROM localhost/strayd-test-debian:bookworm
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $2
ENTRYPOINT ["/usr/bin/$2"]
FILE
}
image_of() { sed -n "s/^    image: \(.*$1.*\)/\1/p" "$tree/docker/compose.yaml"; }
check "Prometheus" stand_in "$(image_of prometheus)" prometheus
check "Alertmanager" stand_in "$(image_of alertmanager)" prometheus-alertmanager

echo "compose"
podman system service --time=0 "$DOCKER_HOST" >/dev/null 2>&1 &
service=$!
eventually curl -sf --unix-socket "$work/podman.sock" http://localhost/_ping
check "the file is a good one" compose config --quiet
check "it comes up" quietly compose up --detach --no-build agent demo prometheus alertmanager

query() { curl -sf http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" | jq -r '.data.result[0].value[1]'; }
query_is() { [ "$(query "$1")" = "$2" ]; }
within=180
check "Prometheus scrapes both agents" eventually query_is 'count(up{job="strayd"} == 1)' 2
check "the rules are loaded" [ "$(curl -sf http://127.0.0.1:9090/api/v1/rules | jq '.data.groups | length')" -gt 0 ]
check "none of them fails" [ "$(curl -sf http://127.0.0.1:9090/api/v1/rules | jq '[.data.groups[].rules[] | select(.health == "err")] | length')" = 0 ]
check "Alertmanager is ready" eventually curl -sf http://127.0.0.1:9093/-/ready
alertmanagers() { curl -sf http://127.0.0.1:9090/api/v1/alertmanagers | jq -e '.data.activeAlertmanagers | length == 1'; }
check "Prometheus has found it" eventually alertmanagers
check "this host is observed" query_is 'max(strayd_enforcing{instance="localhost:9586"})' 0
within=400
check "the demonstration's orphan is ended" eventually query_is 'sum(strayd_orphans_killed_total{env="demo"}) > bool 0' 1
check "and its app is up" eventually query_is 'min(strayd_backend_up{env="demo"})' 1
report
