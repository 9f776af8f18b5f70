// How the rules look at a dashboard: part by part, each objection with its place.
import { panelsOf, queriesOf, variablesOf } from "./files.mjs";
import { read as parse } from "../alerts/promql.mjs";

export const source = "${datasource}";

export const when = (bad, text) => (bad ? [text] : []);
export const ofPanels = (look) => (dashboard) => panelsOf(dashboard).flatMap((panel) =>
  look(panel).map((text) => `panel "${panel.title}": ${text}`));
export const ofQueries = (look) => (dashboard) => queriesOf(dashboard).flatMap((query) =>
  look(query).map((text) => `${query.where}: ${text}: ${query.expr}`));
export const ofSelectors = (look) => ofQueries((query) =>
  (parse(query.expr).selectors ?? []).flatMap((selector) => look(selector, query)));
export const ofVariables = (look) => (dashboard) => variablesOf(dashboard).flatMap((variable) =>
  look(variable).map((text) => `variable ${variable.name}: ${text}`));
