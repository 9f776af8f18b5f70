// The first row: how is this app?
import { asked, good, lately, noneIsBetter, noneIsGood, type Step } from "../lib/colours";
import { stat } from "../lib/stat";
import { appLabels, behindPm2, down, notByOperator, ofApp, rises } from "../lib/select";

const counted = (matchers: string) => `sum(${rises(ofApp("strayd_pm2_app_restarts_total", matchers), "1h")})`;
const young: Step[] = [[null, "red"], [300, "orange"], [3600, "green"]];
const silent: Step[] = [[null, "green"], [75, "red"]];

export const now = () => [
  stat({
    title: "Backends",
    answers: "How many instances of the app serve, and how many do not although nobody stopped them?",
    colours: "**Red**: an instance is down. Green: all that are seen are up.",
    unit: "none", steps: noneIsGood, width: 4,
  }, [
    { name: "down", expr: down(ofApp) },
    { name: "up", expr: `sum(${ofApp("strayd_backend_up")})`, steps: good },
  ]),
  stat({
    title: "Serves since",
    answers: "How old is the youngest of the processes that serve? It falls to zero with each restart, PM2's or not.",
    colours: "**Red**: less than five minutes. **Orange**: less than an hour. Green: older.",
    unit: "s", steps: young, width: 3,
  }, [
    { name: "age", expr: `time() - max(${ofApp("strayd_backend_start_time_seconds")})` },
  ]),
  stat({
    title: "Restarts, last hour",
    answers: "How often did it restart without anybody asking, how often by an operator, and how often was the process " +
      "that serves replaced without PM2 counting it?",
    colours: "**Red**: four or more that nobody asked for, as the restart drift alert says. **Orange**: one to three. " +
      "Green: none. Blue: by operators; no threshold.",
    unit: "none", steps: lately, width: 7,
  }, [
    { name: "not by an operator", expr: counted(notByOperator) },
    { name: "behind PM2's back", expr: `sum(clamp_min(${behindPm2(ofApp, appLabels)}, 0))` },
    { name: "by operators", expr: counted('cause="operator"'), steps: asked },
  ]),
  stat({
    title: "Others in its place",
    answers: "Does an orphan or another program listen on its ports, does an orphan of it talk to a far end?",
    colours: "**Red**: an orphan has a port or a connection. **Orange**: another program has a port. Green: nobody.",
    unit: "none", steps: noneIsGood, width: 6,
  }, [
    { name: "orphan on port", expr: `sum(${ofApp("strayd_backend_listeners", 'owner="orphan"')})` },
    { name: "other on port", expr: `sum(${ofApp("strayd_backend_listeners", 'owner="foreign"')})`, steps: noneIsBetter },
    { name: "orphan linked", expr: `sum(${ofApp("strayd_backend_connections", 'owner="orphan"')})` },
  ]),
  stat({
    title: "Far end",
    answers: "How old is its youngest link to a configured remote, and how long ago came the last byte, over the most " +
      "silent one?",
    colours: "**Red**: silent for more than three heartbeats of 25 s. Green: alive. Blue: the age; no threshold.",
    unit: "s", steps: silent, width: 4,
  }, [
    { name: "silent for", expr: `max(${ofApp("strayd_backend_last_receive_seconds", 'owner="managed"')})` },
    {
      name: "link age", expr: `min(${ofApp("strayd_backend_connection_age_seconds", 'owner="managed"')})`, steps: asked,
    },
  ]),
];
