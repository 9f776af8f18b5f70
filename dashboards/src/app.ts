import { history } from "./app/timeline";
import { now } from "./app/now";
import { sockets } from "./app/sockets";
import { pm2, usage } from "./app/usage";
import * as marks from "./lib/annotations";
import { appUid } from "./lib/links";
import { page } from "./lib/page";
import { ofApp, onHosts } from "./lib/select";
import { ofAppPage } from "./lib/variables";

export const app = () => page({
  uid: appUid,
  title: "strayd: app",
  description: "One app of PM2's: what happened to it, why, who was in its way, and what it uses.",
  variables: ofAppPage,
  annotations: [marks.deploys(ofApp), marks.restarts(ofApp, true), marks.kills(onHosts), marks.harm(onHosts)],
  onlyOn: { [marks.restartsName]: ["Up, answering, in place", "Age of the process"] },
  rows: [
    { title: "Now", panels: now() },
    { title: "History", panels: history() },
    { title: "Ports and far ends", panels: sockets() },
    { title: "Usage", panels: usage() },
    { title: "PM2", panels: pm2() },
  ],
});
