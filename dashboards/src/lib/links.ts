// From a number to the page that explains it.
import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink }
  from "@grafana/grafana-foundation-sdk/dashboard";

export const overviewUid = "strayd-overview";
export const appUid = "strayd-app";
export const tag = "strayd";

const here = "var-datasource=${datasource}&${__url_time_range}";

const link = (title: string, url: string): DashboardLink => ({ title, url, targetBlank: false }) as DashboardLink;

const variables = (labels: string[], value: (label: string) => string) =>
  labels.map((label) => `var-${label}=\${${value(label)}:percentencode}`).join("&");

const host = ["job", "instance"];
const app = [...host, "pm2_home", "app"];
const ofField = (label: string) => `__data.fields.${label}`;
const ofSeries = (label: string) => `__field.labels.${label}`;

// For a table's cell: the labels are columns of its row.
export const appOfRow = link("Open the app", `/d/${appUid}?${variables(app, ofField)}&${here}`);
export const hostOfRow = link("This host alone", `/d/${overviewUid}?${variables(host, ofField)}&${here}`);

// For a series: the labels are its own.
export const appOfSeries = link("Open the app", `/d/${appUid}?${variables(app, ofSeries)}&${here}`);
export const hostOfSeries = link("This host alone", `/d/${overviewUid}?${variables(host, ofSeries)}&${here}`);

// All dashboards of strayd, with the hosts and the time that are chosen here.
export const others = () => new DashboardLinkBuilder("strayd")
  .type(DashboardLinkType.Dashboards)
  .tags([tag])
  .icon("external link")
  .tooltip("The other dashboards of strayd, same hosts, same time")
  .includeVars(true)
  .keepTime(true);
