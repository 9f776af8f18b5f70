// Selectors. Each one is narrowed to the chosen hosts: a dashboard that counts
// what was not asked for lies.

const hosts = 'job=~"$job", instance=~"$instance"';
const app = 'pm2_home=~"$pm2_home", app="$app"';

const selector = (metric: string, ...matchers: string[]) =>
  `${metric}{${matchers.filter((matcher) => matcher !== "").join(", ")}}`;

export const onHosts = (metric: string, more = "") => selector(metric, hosts, more);
export const ofApp = (metric: string, more = "") => selector(metric, hosts, app, more);

// Features without which a scan costs more, or comes later, and nothing else.
export const noShortcuts = 'feature!~"bpf_tasks|process_events|signal_senders"';

// What a scrape knows of its target has no label of strayd's. With all jobs
// chosen it would count every target of this Prometheus, so that only those
// count that have said who they are within a day.
export const ofAgents = (expression: string) =>
  `${expression} and on (job, instance) last_over_time(${onHosts("strayd_build_info")}[1d])`;

// The rises in a window. Of a panel's step, if it is drawn over time: see bars().
export const rises = (selected: string, window = "$__rate_interval") => `increase(${selected}[${window}])`;

export const notByOperator = 'cause!~"operator|missed"';
export const orphaned = 'verdict=~"stray|leftover"';

// The labels that name an app in a fleet, and a host.
export const appLabels = "job, instance, pm2_home, app";
export const hostLabels = "job, instance";

type Select = (metric: string, more?: string) => string;

// How many backends are down that nobody stopped: `pm2 stop` is no incident.
export const down = (select: Select) =>
  `sum(clamp_min(sum by (${appLabels}) (${select("strayd_backend_up")} == bool 0)` +
  ` - sum by (${appLabels}) (${select("strayd_pm2_app_instances", 'status=~"stopped|stopping"')}), 0))`;

// How often the process that serves was replaced without PM2 counting a restart.
export const behindPm2 = (select: Select, by: string) =>
  `sum by (${by}) (increase(${select("strayd_backend_restarts_total")}[1h]))` +
  ` - sum by (${by}) (increase(${select("strayd_pm2_app_restarts_total")}[1h]))`;

interface Ranking {
  most?: number;
  by: string;
  // What ranks them: one value of each, for the whole time that is shown.
  rank: string;
  lowest?: boolean;
}

// Those of a fleet that are worth a line: `topk` alone chooses anew at each
// step, so that 500 hosts would leave scraps of 500 lines.
export const worst = (series: string, { most = 20, by, rank, lowest = false }: Ranking) =>
  `${series} and on (${by}) ${lowest ? "bottomk" : "topk"}(${most}, ${rank})`;

// A function over all the time that is shown, the same at each step.
export const overall = (fn: string, selected: string) => `${fn}(${selected}[$__range] @ end())`;
