// Its ports and its links.
import { owners, plain, type Step } from "../lib/colours";
import { colouredByEnd } from "../lib/panel";
import { ofApp } from "../lib/select";
import { levels, lines } from "../lib/series";

const silent: Step[] = [[null, "green"], [75, "red"]];
const { managed, orphan } = owners;
const ends = { managed, orphan };
const size = { width: 6, height: 8 };

export const sockets = () => [
  colouredByEnd(levels({
    ...size,
    title: "Listeners on its ports",
    answers: "Who listens on the ports that it has or had? In cluster mode PM2's daemon does so for it.",
    colours: "No threshold: red is an orphan's, orange another program's; both belong at zero.",
    unit: "none", steps: plain,
  }, [{
    expr: `sum by (port, owner) (${ofApp("strayd_backend_listeners")})`, legend: ":{{port}} {{owner}}",
  }]), owners),
  colouredByEnd(levels({
    ...size,
    title: "Connections to far ends",
    answers: "How many established connections to each configured remote does it have, and its orphans?",
    colours: "No threshold: the red line is the orphans', and belongs at zero.",
    unit: "none", steps: plain,
  }, [{
    expr: `sum by (remote, owner) (${ofApp("strayd_backend_connections")})`, legend: "{{remote}}: {{owner}}",
  }]), ends),
  colouredByEnd(lines({
    ...size,
    title: "Age of its oldest connection",
    answers: "Since when does the link live? Each fall is a new connection: a restart, or the far end hung up.",
    colours: "No threshold: a line that rises without an end is good.",
    unit: "s", steps: plain,
  }, [{
    expr: `min by (remote, owner) (${ofApp("strayd_backend_connection_age_seconds")})`,
    legend: "{{remote}}: {{owner}}",
  }]), ends),
  colouredByEnd(lines({
    ...size,
    title: "Silence of the far end",
    answers: "How long ago did the newest byte come in? The most silent of the chosen hosts.",
    colours: "**Red**: above three heartbeats of 25 s; the peer is silent, whatever the socket says. Green: below.",
    unit: "s", steps: silent,
  }, [{
    expr: `max by (remote, owner) (${ofApp("strayd_backend_last_receive_seconds")})`, legend: "{{remote}}: {{owner}}",
  }]), ends),
];
