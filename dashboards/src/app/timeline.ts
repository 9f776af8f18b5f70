// What happened to it, from start to start.
import { causes, plain } from "../lib/colours";
import { coloured } from "../lib/panel";
import { ofApp, onHosts, overall, rises, worst } from "../lib/select";
import { bars, lines } from "../lib/series";
import { timeline } from "../lib/timeline";

const up = ofApp("strayd_backend_up");
const slot = "instance, slot";
const bySlot = (expression: string) => `max by (${slot}) (${expression})`;
const availability = `min by (${slot}) (${overall("avg_over_time", up)})`;
const home = 'pm2_home=~"$pm2_home"';

// The same twenty instances in each panel, where there are more.
const unsteady = (series: string) => worst(series, { by: slot, rank: availability, lowest: true });
const age = (metric: string) => unsteady(bySlot(`time() - ${ofApp(metric)}`));

const states = () => timeline({
  title: "Up, answering, in place",
  answers: "When did each instance serve, when did its PM2 answer, and when were its ports free of others? Of more " +
    "than twenty instances those that were down the longest. A gap: nothing was known.",
  colours: "**Red**: down or stopped, silent, or the port is taken. Green: as it should be.",
  width: 24, height: 7,
}, { one: "yes", zero: "no" }, [
  { expr: unsteady(`min by (${slot}) (${up})`), legend: "{{instance}} #{{slot}} serves" },
  { expr: `min by (instance, pm2_home) (${onHosts("strayd_pm2_up", home)})`, legend: "{{instance}} PM2 answers" },
  {
    expr: `sum by (instance, port) (${ofApp("strayd_backend_listeners", 'owner!="managed"')}) == bool 0`,
    legend: "{{instance}} :{{port}} is its own",
  },
]);

const ages = () => lines({
  title: "Age of the process",
  answers: "When did it start anew? Each fall to zero is a start. Teeth of one width are a thing that kills it at a " +
    "steady pace. Where only the line of the backend falls, PM2 does not know of it.",
  colours: "No threshold: a line that rises without an end is good.",
  unit: "s", steps: plain, width: 24, height: 8,
}, [
  { expr: age("strayd_backend_start_time_seconds"), legend: "{{instance}} #{{slot}} backend" },
  { expr: age("strayd_pm2_app_start_time_seconds"), legend: "{{instance}} #{{slot}} PM2's process" },
]);

const restarts = () => coloured(bars({
  title: "Restarts by cause",
  answers: "Why did PM2 start it again? Each bar counts one step, five minutes or more.",
  colours: "No threshold: blue is an operator, light blue a watched file; warm colours are what nobody asked for.",
  unit: "none", steps: plain, width: 9, height: 8,
}, [
  { expr: `sum by (cause) (${rises(ofApp("strayd_pm2_app_restarts_total"))})`, legend: "{{cause}}" },
]), causes);

const replacements = () => bars({
  title: "Backend replaced",
  answers: "How often did another process take the place of the one that serves? More than PM2's restarts: a watcher " +
    "or a wrapper starts it again behind PM2's back.",
  colours: "No threshold: compare with the restarts beside it.",
  unit: "none", steps: plain, width: 8, height: 8,
}, [
  { expr: `sum by (instance) (${rises(ofApp("strayd_backend_restarts_total"))})`, legend: "{{instance}}" },
]);

const kills = () => coloured(bars({
  title: "Orphans ended on these hosts",
  answers: "What did strayd end meanwhile on the hosts of the app? Of this app or not: orphans have no app.",
  colours: "No threshold: red had to be killed, because they outlived SIGTERM.",
  unit: "none", steps: plain, width: 7, height: 8,
}, [
  { expr: `sum by (signal) (${rises(onHosts("strayd_orphans_killed_total"))})`, legend: "{{signal}}" },
]), { SIGTERM: "purple", SIGKILL: "red" });

export const history = () => [states(), ages(), restarts(), replacements(), kills()];
