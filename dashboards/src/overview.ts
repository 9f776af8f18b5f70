import * as marks from "./lib/annotations";
import { page } from "./lib/page";
import { overviewUid } from "./lib/links";
import { onHosts } from "./lib/select";
import { ofOverview } from "./lib/variables";
import { backends } from "./overview/backends";
import { health } from "./overview/health";
import { now } from "./overview/now";
import { orphans } from "./overview/orphans";
import { restarts } from "./overview/restarts";
import { sockets } from "./overview/sockets";

export const overview = () => page({
  uid: overviewUid,
  title: "strayd: hosts",
  description: "Are the backends up, does anything restart that nobody restarted, and what did strayd do about it?",
  variables: ofOverview,
  annotations: [marks.deploys(onHosts), marks.restarts(onHosts, false), marks.kills(onHosts), marks.harm(onHosts)],
  rows: [
    { title: "Now", panels: now() },
    { title: "Restarts", panels: restarts() },
    { title: "Backends", panels: backends() },
    { title: "Ports and far ends", panels: sockets() },
    { title: "Orphans", panels: orphans() },
    { title: "PM2 and strayd", panels: health() },
  ],
});
