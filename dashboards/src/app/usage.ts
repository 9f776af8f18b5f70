// What its whole tree uses, and what PM2 says of it.
import { plain, type Step } from "../lib/colours";
import { coloured } from "../lib/panel";
import { ofApp, onHosts, overall, rises, worst } from "../lib/select";
import { areas, bars, levels, lines } from "../lib/series";

const size = { width: 8, height: 7 };
const late: Step[] = [[null, "green"], [2, "red"]];
const memory = ofApp("strayd_app_resident_memory_bytes");
const byHost = (expression: string) => `sum by (instance) (${expression})`;

// The same ten hosts in each panel, where there are more.
const largest = (series: string) => worst(series, {
  most: 10, by: "instance", rank: byHost(overall("max_over_time", memory)),
});

export const usage = () => [
  lines({
    ...size,
    title: "CPU of its tree",
    answers: "How much CPU do all its processes take, wrappers included? 100 % is one core. The ten hosts where it is " +
      "largest in memory.",
    colours: "No threshold: compare with its own yesterday.",
    unit: "percentunit", steps: plain,
  }, [{
    expr: largest(byHost(`rate(${ofApp("strayd_app_cpu_seconds_total")}[$__rate_interval])`)), legend: "{{instance}}",
  }]),
  lines({
    ...size,
    title: "Memory of its tree",
    answers: "How much memory do all its processes hold? A saw with restarts of cause memory_limit is a leak. The ten " +
      "hosts where it is largest.",
    colours: "No threshold: PM2's `max_memory_restart` is the app's own.",
    unit: "bytes", steps: plain,
  }, [
    { expr: largest(byHost(memory)), legend: "{{instance}}" },
  ]),
  coloured(levels({
    ...size,
    title: "Processes of its tree",
    answers: "How many processes does it have, and how many have exited and are not collected by their parent?",
    colours: "No threshold: zombies are orange, and belong at zero.",
    unit: "none", steps: plain,
  }, [
    { expr: `sum(${ofApp("strayd_app_processes")})`, legend: "living" },
    { expr: `sum(${ofApp("strayd_app_zombies")})`, legend: "zombies" },
  ]), { living: "green", zombies: "orange" }),
];

export const pm2 = () => [
  coloured(areas({
    ...size,
    title: "What PM2 says",
    answers: "In which status does PM2 list its instances? Online is PM2's word for a wrapper that lives.",
    colours: "No threshold: red is errored, which PM2 has given up; orange waits to be started again.",
    unit: "none", steps: plain,
  }, [
    { expr: `sum by (status) (${ofApp("strayd_pm2_app_instances")})`, legend: "{{status}}" },
  ]), { online: "green", errored: "red", "waiting restart": "orange", stopped: "blue", launching: "yellow" }),
  bars({
    ...size,
    title: "PM2's count",
    answers: "Did PM2's own restart count go down (reset, delete and start, resurrect)? Does PM2 call restarts " +
      "unstable, soon after a start? At `max_restarts` of those it gives up.",
    colours: "No threshold: resets explain why `pm2 list` shows less than is counted here.",
    unit: "none", steps: plain,
  }, [
    { expr: `sum(${rises(ofApp("strayd_pm2_counter_resets_total"))})`, legend: "count went down" },
    { expr: `sum(${ofApp("strayd_pm2_app_unstable_restarts")})`, legend: "unstable now" },
  ]),
  lines({
    ...size,
    title: "PM2's answers",
    answers: "How long does its PM2 take to say what it runs?",
    colours: "**Red**: above 2 s, the default `pm2.timeout`, it counts as silent. Green: below.",
    unit: "s", steps: late,
  }, [{
    expr: `max by (instance, pm2_home) (${onHosts("strayd_pm2_rpc_duration_seconds", 'pm2_home=~"$pm2_home"')})`,
    legend: "{{instance}} {{pm2_home}}",
  }]),
];
