// Ports and far ends: who holds what.
import { owners, plain, type Step } from "../lib/colours";
import { appOfSeries } from "../lib/links";
import { colouredByEnd } from "../lib/panel";
import { appLabels, onHosts, overall, worst } from "../lib/select";
import { levels, lines } from "../lib/series";

// Three heartbeats of 25 s.
const silent: Step[] = [[null, "green"], [75, "red"]];
const inTheWay: Step[] = [[null, "green"], [1, "red"]];
const { managed, orphan } = owners;
const ends = { managed, orphan };
const taken = onHosts("strayd_backend_listeners", 'owner!="managed"');
const received = onHosts("strayd_backend_last_receive_seconds", 'owner="managed"');

export const sockets = () => [
  colouredByEnd(levels({
    title: "Connections to far ends",
    answers: "How many established connections to the configured remotes are there, and has an orphan any? A second " +
      "session with an exchange is one that nobody wants.",
    colours: "No threshold: the red line is the orphans', and belongs at zero.",
    unit: "none", steps: plain, width: 8, height: 9,
  }, [
    { expr: `sum by (remote, owner) (${onHosts("strayd_backend_connections")})`, legend: "{{remote}}: {{owner}}" },
  ]), ends),
  lines({
    title: "Longest silence of a far end",
    answers: "Over which connections has no byte come in for long, although the socket is open? The five longest of the " +
      "time that is shown. A line opens the app's page.",
    colours: "**Red**: above three heartbeats of 25 s; the peer is silent, whatever the socket says. Green: below.",
    unit: "s", steps: silent, width: 8, height: 9, links: [appOfSeries],
  }, [{
    expr: worst(received, { most: 5, by: `${appLabels}, remote`, rank: overall("max_over_time", received) }),
    legend: "{{app}} to {{remote}}, {{instance}}",
  }]),
  levels({
    title: "Ports in other hands",
    answers: "Does an orphan, or another program, listen on a port that is an app's? Then the app can't, and PM2 " +
      "restarts it for ever. Five at most, and only while it lasts. A line opens the app's page.",
    colours: "**Red**: from one on; each line is somebody else. Green: below, where no line ever is.",
    unit: "none", steps: inTheWay, width: 8, height: 9, links: [appOfSeries],
  }, [{
    expr: worst(`${taken} > 0`, {
      most: 5, by: `${appLabels}, port, owner`, rank: `${overall("max_over_time", taken)} > 0`,
    }),
    legend: "{{owner}} on {{app}}:{{port}}, {{instance}}",
  }]).noValue("nobody's"),
];
