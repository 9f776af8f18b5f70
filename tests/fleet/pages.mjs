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

function line(text, seconds) {
  const family = familyOf(text);
  const [series, value] = [text.slice(0, text.lastIndexOf(' ')), Number(text.slice(text.lastIndexOf(' ') + 1))];
  if (family === 'strayd_last_scan_timestamp_seconds') return `${series} ${seconds}`;
  return `${series} ${value + rises[family] * seconds}`;
}

// {text(host, seconds), restarts: the labels of each restart counter}. The restarts
// of the first app of every tenth host climb by one in five minutes.
export function fleetOf(apps) {
  const copies = Math.max(1, Math.round(apps / appsOfPage));
  const lines = recorded.flatMap((text) => {
    const app = appOf(text);
    return app ? Array.from({length: copies}, (_, copy) => inApp(text, app, copy)) : [text];
  });
  const moves = (text) => !text.startsWith('#') &&
    (familyOf(text) in rises || familyOf(text) === 'strayd_last_scan_timestamp_seconds');
  const climbing = lines.find((text) => text.startsWith('strayd_pm2_app_restarts_total') && text.includes('cause="signal"'));
  const climb = climbing.slice(0, climbing.lastIndexOf(' '));
  // Each family in one piece, as the format wants it: what moves is filled in.
  const parts = lines.map((text) => text === climbing ? {climbs: true} : moves(text) ? {moves: text} : {text});
  const count = (host, seconds) => host % 10 === 0 ? Math.floor(seconds / 300) : 0;
  return {
    series: lines.filter((text) => !text.startsWith('#')).length,
    text: (host, seconds) => parts.map((part) => part.text ?? (part.climbs ?
      `${climb} ${count(host, seconds)}` : line(part.moves, seconds))).join('\n') + '\n',
    restarts: lines.filter((text) => text.startsWith('strayd_pm2_app_restarts_total'))
        .map((text) => ({
          labels: /\{(.*)\}/.exec(text)[1],
          value: (host, seconds) => text === climbing ? count(host, seconds) : 0,
        })),
  };
}
