#!/bin/bash
# The Debian package on a host of its own: a bookworm with a booted systemd in
# namespaces, a network without a way out, and a real PM2 of another user.
#
#   tests/fresh/deb.sh DEB       install, look, enforce, hang, upgrade, purge
#
# Needs root, mmdebstrap, systemd-nspawn, and the node modules of tests/e2e.
set -euo pipefail
. "$(dirname "$0")/base.sh"
needs mmdebstrap systemd-nspawn nsenter dpkg-deb node
deb=$(readlink -f "${1:?which package?}")
modules=$(readlink -f "$repository/tests/e2e/node_modules")
[ -e "$modules/pm2" ] || die "no node modules in tests/e2e: ./dev install"

# shellcheck disable=SC2046  # a list of names
base=$(base_with systemd systemd-sysv dbus procps curl init-system-helpers ca-certificates \
  $(dpkg-deb -f "$deb" Depends | sed 's/ *([^)]*)//g; s/,/ /g'))
root=$(unpack "$base")
booted='' init=''

finish() {
  if [ -n "$init" ]; then kill -s RTMIN+4 "$init" 2>/dev/null || true; fi  # power off
  if [ -n "$booted" ]; then
    for _ in $(seq 100); do kill -0 "$booted" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$booted" 2>/dev/null || true
    wait "$booted" 2>/dev/null || true
  fi
  throw_away "$root"
}
trap finish EXIT

boot() {
  mkdir -p "$root/opt/node_modules"
  touch "$root/usr/bin/node"
  systemd-nspawn --quiet --directory="$root" --register=no --keep-unit --boot \
    --console=pipe --hostname=fresh --resolv-conf=off --private-network \
    --capability=CAP_BPF,CAP_PERFMON --system-call-filter="bpf perf_event_open" \
    --bind-ro="$(readlink -f "$(command -v node)"):/usr/bin/node" \
    --bind-ro="$modules:/opt/node_modules" </dev/null >"$root.log" 2>&1 &
  booted=$!
  until_true "systemd is started" init_is_there
  until_true "systemd is up" is_up
  rm -f "$root.log"
}
init_is_there() { init=$(pgrep -P "$booted" -x systemd); }
is_up() { [[ $(inside systemctl is-system-running) =~ running|degraded ]]; }

inside() {
  nsenter -t "$init" -m -u -i -n -p -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
as_deploy() {
  inside runuser -u deploy -- env -C /home/deploy HOME=/home/deploy PM2_DISCRETE_MODE=1 \
    PM2_DISABLE_VERSION_CHECK=1 "$@"
}
pm2() { as_deploy node /opt/node_modules/pm2/bin/pm2 "$@"; }

until_true() {
  local what=$1
  shift
  eventually "$@" || { say "not within a minute: $what" && return 1; }
}

tally

# The sum of the series that a pattern finds; nothing where there is none.
metric() {
  inside curl -sf http://127.0.0.1:9586/metrics |
    awk -v want="^$1 " '$0 !~ /^#/ && $0 ~ want { sum += $NF; found = 1 } END { if (found) print sum }'
}
metric_is() { [ "$(metric "$1")" = "$2" ]; }
metric_above() { [ "$(metric "$1")" -gt "$2" ]; }
active() { inside systemctl --quiet is-active strayd; }
main_pid() { inside systemctl show -p MainPID --value strayd; }
restarts() { inside systemctl show -p NRestarts --value strayd; }
lives() { inside test -d "/proc/$1"; }
ledger() { inside cat /var/lib/strayd/audit.jsonl; }
in_ledger() { ledger | grep -q "$1"; }
files() { (cd "$root" && find . -xdev \( -path ./run -o -path ./tmp -o -path ./proc -o -path ./sys \
  -o -path ./dev -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/dpkg -o -path ./home \
  -o -path ./var/lib/apt -o -path ./var/tmp -o -path ./root \) -prune -o -print | sort); }

# SENTENCE CAPABILITIES; the status is 4 where it is blind.
doctor_says() {
  [[ $(inside setpriv --reuid=4711 --regid=4711 --clear-groups --inh-caps="-all,$2" --ambient-caps="-all,$2" \
    --bounding-set="-all,$2" env XDG_STATE_HOME=/tmp strayd doctor | tail -n 1) =~ $1 ]]
}

configure() {
  inside sh -c 'cat >/etc/strayd/strayd.json' <<JSON
{
  "mode": "$1",
  "scan": {"interval": "200ms", "min_age": "1s", "confirmations": 2, "settle": "1s"},
  "rules": [{"name": "tsx-server", "pattern": "tsx.*server\\\\.ts", "exe": "node", "grace": "1s"}]
}
JSON
}
drop_in() {
  inside mkdir -p /etc/systemd/system/strayd.service.d
  inside sh -c "cat >/etc/systemd/system/strayd.service.d/$1"
  inside systemctl daemon-reload
}
start_orphan() {
  as_deploy setsid --fork node -e 'setInterval(() => {}, 1000)' tsx src/server.ts </dev/null >/dev/null 2>&1
  until_true "the orphan runs" orphan_is_there
}
# A unit whose main process starts a duplicate of itself that leaves its session,
# and survives a restart.
start_duplicating_unit() {
  inside sh -c 'cat >/home/deploy/twice.js' <<'JS'
if (process.argv.at(-1) !== "duplicate") {
  require("child_process").spawn(process.execPath, [...process.argv.slice(1), "duplicate"],
    { detached: true, stdio: "ignore" }).unref();
}
setInterval(() => {}, 1000);
JS
  inside sh -c 'cat >/etc/systemd/system/twice.service' <<'UNIT'
[Service]
ExecStart=/usr/bin/node /home/deploy/twice.js tsx src/server.ts
User=deploy
KillMode=process
UNIT
  inside systemctl daemon-reload
  inside systemctl start twice
  until_true "the duplicate runs" duplicate_is_there
}
duplicates() { inside pgrep -f '^/usr/bin/node .* duplicate$'; }
duplicate_is_there() { duplicate=$(duplicates | grep -vx "${1:-0}"); }
unit_main() { inside systemctl show -p MainPID --value twice; }
remove_duplicating_unit() {
  inside systemctl kill --signal=KILL twice
  inside systemctl stop twice 2>/dev/null
  inside rm /etc/systemd/system/twice.service
  inside systemctl daemon-reload
}
# PID VERDICT, by a scan that may not act. It exits with 3 where it sees orphans.
judged() {
  { inside strayd scan --json 2>/dev/null || true; } | node -e '
    const { candidates } = JSON.parse(require("fs").readFileSync(0));
    const [pid, verdict] = process.argv.slice(1);
    process.exit(candidates.some((one) => one.pid === Number(pid) && one.verdict === verdict) ? 0 : 1);' "$1" "$2"
}
orphan_is_there() { orphan=$(inside pgrep -f '^node -e .* tsx src/server\.ts$'); }
raised_version() {
  local raw=$root/root/newer
  dpkg-deb -R "$deb" "$raw"
  sed -i 's/^Version: \(.*\)/Version: \1+1/' "$raw/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$raw" "$root/root/newer.deb" >/dev/null
  rm -rf "$raw"
}

echo "host"
cp "$deb" "$root/root/strayd.deb"
raised_version
boot
inside useradd --create-home --shell /bin/sh deploy
inside sh -c 'echo "setInterval(() => {}, 1000)" >/home/deploy/api.js'
pm2 start /home/deploy/api.js --name api >/dev/null
api=$(pm2 pid api)
files >"$root.before"

echo "install"
inside apt-get install -qq -y /root/strayd.deb >/dev/null 2>&1
check "it is enabled" inside systemctl --quiet is-enabled strayd
check "it runs, and was ready" active
check "systemd finds nothing wrong with the unit" inside systemd-analyze verify --man=no strayd.service
check "its exposure is at most 3.0" quietly inside systemd-analyze security --threshold=30 strayd.service
inside systemd-analyze security --no-pager strayd.service | tail -n 1
check "it observes" metric_is strayd_enforcing 0
check "it is no root" not inside grep -qE '^Uid:.*\b0\b' "/proc/$(main_pid)/status"
check "nobody else enters its state" [ "$(inside stat -L -c %a /var/lib/strayd)" = 700 ]
check "the PM2 of another user answers it" eventually metric_is 'strayd_pm2_up.*' 1
for feature in live_procfs pid_namespace pidfd foreign_processes exe_of_others environ_of_others \
  seccomp sock_diag control_socket; do
  check "its sandbox leaves it $feature" metric_is "strayd_feature_available.*\"$feature\".*" 1
done
check "it has no right to signal others" metric_is 'strayd_feature_available.*signal_others.*' 0
check "the doctor says so" doctor_says 'end nothing of other users' +sys_ptrace,+dac_read_search,+dac_override
check "and with the right that all is there" doctor_says 'see and act here' \
  +sys_ptrace,+dac_read_search,+dac_override,+kill
check "and with less that it is blind" doctor_says 'blind here' +sys_ptrace
check "an operator reaches it" quietly inside strayd breaker status

echo "observe"
configure observe
check "a good file is taken by a reload" inside systemctl reload strayd
start_orphan
check "it sees the orphan" eventually metric_above 'strayd_kills_withheld_total.*observing.*' 0
check "and lets it live" lives "$orphan"

start_duplicating_unit
first=$duplicate
check "what a unit runs is managed" eventually judged "$(unit_main)" managed
check "so is what that started" judged "$first" managed
inside systemctl restart twice
until_true "the second duplicate runs" duplicate_is_there "$first"
check "of a unit that was restarted, the main process is managed" eventually judged "$(unit_main)" managed
check "so is what that started, again" judged "$duplicate" managed
check "what the main process before it started is a leftover" eventually judged "$first" leftover
remove_duplicating_unit

configure enforce
inside systemctl reload strayd
check "enforcing without the right to, it ends nobody" eventually metric_above 'strayd_orphan_kill_failures_total.*denied.*' 0
check "the orphan lives still" lives "$orphan"
inside sh -c 'echo "{" >/etc/strayd/strayd.json'
check "a bad file fails the reload" not inside systemctl reload strayd 2>/dev/null
check "and the agent goes on" active

echo "enforce"
configure enforce
inside cat /usr/share/doc/strayd/examples/enforce.conf | drop_in enforce.conf
inside systemctl restart strayd
check "it enforces" eventually metric_is strayd_enforcing 1
check "the orphan is gone" eventually not lives "$orphan"
check "its end is in the ledger" eventually in_ledger '"event":"outcome"'
check "and counted" eventually metric_is 'strayd_orphans_killed_total.*' 1
check "what PM2 owns lives" lives "$api"
check "under the same pid" [ "$(pm2 pid api)" = "$api" ]

echo "who sends the signals"
inside cat /usr/share/doc/strayd/examples/who-killed-it.conf | drop_in who-killed-it.conf
inside systemd-analyze verify strayd.service
inside systemctl restart strayd
inside systemd-analyze security --no-pager strayd.service | tail -n 1
check "it sees who sends signals" eventually metric_is 'strayd_feature_available.*signal_senders.*' 1
inside sh -c 'kill -9 "$1"' sh "$(pm2 pid api)"
check "and names who ended the app" eventually metric_is 'strayd_pm2_app_last_sender_info.*sender="sh".*' 1
check "the app is up again" eventually metric_is strayd_backend_up 1
api=$(pm2 pid api)
inside rm /etc/systemd/system/strayd.service.d/who-killed-it.conf
inside systemctl daemon-reload

echo "all that it can use"
inside cat /usr/share/doc/strayd/examples/full.conf | drop_in full.conf
inside systemctl restart strayd
inside systemd-analyze security --no-pager strayd.service | tail -n 1
check "it reads the kernel's own list of processes" metric_is 'strayd_feature_available.*bpf_tasks.*' 1
check "and nothing refuses that" not inside sh -c 'journalctl -u strayd | grep -q "without BPF"'
check "it enforces still" eventually metric_is strayd_enforcing 1
inside rm /etc/systemd/system/strayd.service.d/full.conf
inside systemctl daemon-reload

echo "hang"
printf '[Service]\nWatchdogSec=2s\nRestartSec=100ms\n' | drop_in quick.conf
inside systemctl restart strayd
ended=$(main_pid)
inside kill -STOP "$ended"
check "one that hangs is ended" eventually not lives "$ended"
check "and started anew" eventually active
check "which is told" [ "$(restarts)" = 1 ]
inside rm /etc/systemd/system/strayd.service.d/quick.conf
inside systemctl daemon-reload

echo "upgrade"
written=$(inside cat /etc/strayd/strayd.json)
killed=$(ledger | grep -c '"event":"outcome"')
inside dpkg -i /root/newer.deb >/dev/null 2>&1
check "the newer one is installed" [ "$(inside dpkg-query -W -f '${db:Status-Status}' strayd)" = installed ]
check "it runs" eventually active
check "the configuration is the operator's" [ "$(inside cat /etc/strayd/strayd.json)" = "$written" ]
check "the ledger is whole" [ "$(ledger | grep -c '"event":"outcome"')" -ge "$killed" ]
check "it enforces still" eventually metric_is strayd_enforcing 1

echo "remove and purge"
inside apt-get remove -qq -y strayd >/dev/null 2>&1
check "a removed one is stopped" not active
check "its configuration stays" inside test -e /etc/strayd/strayd.json
check "its ledger stays" inside test -s /var/lib/strayd/audit.jsonl
inside apt-get purge -qq -y strayd >/dev/null 2>&1
inside rm -r /etc/systemd/system/strayd.service.d  # the operator's own
files >"$root.after"
check "a purged one leaves nothing" diff "$root.before" "$root.after"
rm -f "$root.before" "$root.after"
check "what PM2 owns lives on" lives "$api"

report
