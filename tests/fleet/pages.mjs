// The pages of a fleet, made of one that was recorded: more apps on each host, and
// time that goes on.
import {readFileSync} from 'node:fs';

const recorded = readFileSync(new URL('page.txt', import.meta.url), 'utf8').trimEnd().split('\n');

const familyOf = (line) => line.startsWith('#') ? line.split(' ')[2] : /^\w+/.exec(line)[0];
const appOf = (line) => /\bapp="([^"]+)"/.exec(line)?.[1];
const inApp = (line, app, copy) => line.replace(`app="${app}"`, `app="${app}-${copy}"`);

const appsOfPage = new Set(recorded.map(appOf).filter(Boolean)).size;

// What moves on every host. `rises` is by how much, each second.
const rises = {
  strayd_scans_total: 0.2,
  strayd_scan_duration_seconds_count: 0.2,
  strayd_app_cpu_seconds_total: 0.05,
  process_cpu_seconds_total: 0.002,
};

const seriesOf = (text) => text.slice(0, text.lastIndexOf(' '));
const valueOf = (text) => Number(text.slice(text.lastIndexOf(' ') + 1));

// One host in ten has trouble: an orphan with a session, and a first app that somebody
// ends every five minutes.
const inTrouble = (host) => host % 10 === 0;

// The value of a line on a host, where it is not the recorded one.
function changing(text, climbing) {
  if (text === climbing) return (host, seconds) => inTrouble(host) ? Math.floor(seconds / 300) : 0;
  if (/owner="orphan"/.test(text)) return (host) => inTrouble(host) ? 1 : 0;
  if (familyOf(text) === 'strayd_last_scan_timestamp_seconds') return (_, seconds) => seconds;
  const rise = rises[familyOf(text)];
  return rise && ((_, seconds) => valueOf(text) + rise * seconds);
}

// {apps, series: on each host; text(host, seconds); restarts: each restart counter}.
export function fleetOf(apps) {
  const copies = Math.max(1, Math.round(apps / appsOfPage));
  const lines = recorded.flatMap((text) => {
    const app = appOf(text);
    return app ? Array.from({length: copies}, (_, copy) => inApp(text, app, copy)) : [text];
  });
  const isRestarts = (text) => text.startsWith('strayd_pm2_app_restarts_total');
  const climbing = lines.find((text) => isRestarts(text) && text.includes('cause="signal"'));
  // Each family in one piece, as the format wants it: what changes is filled in.
  const parts = lines.map((text) => {
    const value = text.startsWith('#') ? undefined : changing(text, climbing);
    return value ? (...at) => `${seriesOf(text)} ${value(...at)}` : () => text;
  });
  return {
    apps: copies * appsOfPage,
    series: lines.filter((text) => !text.startsWith('#')).length,
    text: (host, seconds) => parts.map((part) => part(host, seconds)).join('\n') + '\n',
    restarts: lines.filter(isRestarts).map((text) => ({
      labels: /\{(.*)\}/.exec(text)[1],
      value: changing(text, climbing) ?? (() => 0),
    })),
  };
}
