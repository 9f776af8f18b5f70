import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from "@grafana/grafana-foundation-sdk/prometheus";

export const source = { type: "prometheus", uid: "${datasource}" };

export interface Asked {
  expr: string;
  legend: string;
}

const asked = ({ expr, legend }: Asked, index: number) => new DataqueryBuilder()
  .refId(String.fromCharCode("A".charCodeAt(0) + index))
  .datasource(source)
  .editorMode(QueryEditorMode.Code)
  .expr(expr)
  .legendFormat(legend);

export const overTime = (queries: Asked[]) => queries.map((query, index) => asked(query, index).range());

export const now = (queries: Asked[]) => queries.map((query, index) => asked(query, index).instant());

export const nowAsTable = (expressions: string[]) => expressions.map((expr, index) =>
  asked({ expr, legend: "" }, index).format(PromQueryFormat.Table).instant());
