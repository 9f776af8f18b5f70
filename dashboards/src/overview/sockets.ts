// Ports and far ends: who holds what.
import { type Step } from "../lib/colours";
import { appOfSeries } from "../lib/links";
import { appLabels, onHosts, overall, worst } from "../lib/select";
import { levels, lines } from "../lib/series";

// Three heartbeats of 25 s.
const silent: Step[] = [[null, "green"], [75, "red"]];
const inTheWay: Step[] = [[null, "green"], [1, "red"]];
const taken = onHosts("strayd_backend_listeners", 'owner!="managed"');
const byPort = (expression: string) => `sum by (${appLabels}, port, owner) (${expression})`;
const received = onHosts("strayd_backend_last_receive_seconds", 'owner="managed"');
const byRemote = (expression: string) => `max by (${appLabels}, remote) (${expression})`;

export const sockets = () => [
  levels({
    title: "Connections to far ends",
    answers: "How many established connections to the configured remotes are there, and has an orphan any? A second " +
      "session with an exchange is one that nobody wants.",
    colours: "**Red**, dashed: an orphan's line belongs below it, at zero. Green: below. The managed ones may be above.",
    unit: "none", steps: inTheWay, width: 8, height: 8,
  }, [
    { expr: `sum by (remote, owner) (${onHosts("strayd_backend_connections")})`, legend: "{{remote}}: {{owner}}" },
  ]),
  lines({
    title: "Longest silence of a far end",
    answers: "Over which connections has no byte come in for long, although the socket is open? The ten longest of the " +
      "time that is shown. A line opens the app's page.",
    colours: "**Red**: above three heartbeats of 25 s; the peer is silent, whatever the socket says. Green: below.",
    unit: "s", steps: silent, width: 8, height: 8, links: [appOfSeries],
  }, [{
    expr: worst(byRemote(received), {
      most: 10, by: `${appLabels}, remote`, rank: byRemote(overall("max_over_time", received)),
    }),
    legend: "{{app}} to {{remote}}, {{instance}}",
  }]),
  levels({
    title: "Ports in other hands",
    answers: "Does an orphan, or another program, listen on a port that is an app's? Then the app can't, and PM2 " +
      "restarts it for ever. The ten worst of the time that is shown. A line opens the app's page.",
    colours: "**Red**: somebody else listens. Green: below one, nobody does.",
    unit: "none", steps: inTheWay, width: 8, height: 8, links: [appOfSeries],
  }, [{
    expr: worst(byPort(taken), {
      most: 10, by: `${appLabels}, port, owner`, rank: byPort(overall("max_over_time", taken)),
    }),
    legend: "{{owner}} on {{app}}:{{port}}, {{instance}}",
  }]),
];
