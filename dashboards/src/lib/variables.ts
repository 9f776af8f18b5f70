import {
  DatasourceVariableBuilder, QueryVariableBuilder, VariableRefresh, VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { source } from "./query";
import { onHosts } from "./select";

const all = { selected: true, text: ["All"], value: ["$__all"] };

const labels = (name: string, label: string, selector: string) => new QueryVariableBuilder(name)
  .label(label)
  .datasource(source)
  .query(`label_values(${selector}, ${name})`)
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .sort(VariableSort.NaturalAsc);

const several = (name: string, label: string, selector: string) => labels(name, label, selector)
  .multi(true)
  .includeAll(true)
  .allValue(".+")
  .current(all);

const hosts = [
  new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
  several("job", "Job", "strayd_build_info"),
  several("instance", "Instance", 'strayd_build_info{job=~"$job"}'),
];

export const ofOverview = hosts;

// The ledger of restarts knows an app while its PM2 is silent, too.
const ledger = "strayd_pm2_app_restarts_total";
export const ofAppPage = [
  ...hosts,
  several("pm2_home", "PM2 home", onHosts(ledger)),
  labels("app", "App", onHosts(ledger, 'pm2_home=~"$pm2_home"')),
];
