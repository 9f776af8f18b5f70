// One panel, by the component that Grafana draws it with.
import { FieldType, getFieldDisplayValues, dateTime, type DataFrame } from "@grafana/data";
import { BigValue, TimeSeries, VizRepeater } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import { theme, timeZone, type Scene } from "./ask";
import { Timeline } from "./timeline";

export interface Mark { time: number; colour: string; ids?: number[] }
interface Drawn { panel: any; data: DataFrame[]; marks: Mark[]; scene: Scene; width: number; height: number }

// The defaults that Grafana's own panel has, and its JSON leaves out.
const drawn = {
  drawStyle: "line", lineInterpolation: "linear", lineWidth: 1, fillOpacity: 0, showPoints: "never",
  axisPlacement: "auto", scaleDistribution: { type: "linear" }, barAlignment: 0, gradientMode: "none",
};

function withDefaults(frame: DataFrame): DataFrame {
  return { ...frame, fields: frame.fields.map((field) => (field.type !== FieldType.number ? field : {
    ...field, config: { ...field.config, custom: { ...drawn, ...field.config.custom } },
  })) };
}

function markedBy(marks: Mark[]) {
  return (builder: any) => {
    builder.addHook("draw", (plot: any) => {
      const { ctx, bbox } = plot;
      ctx.save();
      for (const { time, colour } of marks) {
        const x = plot.valToPos(time, "x", true);
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.strokeStyle = ctx.fillStyle = colour;
        ctx.setLineDash([5, 5]);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.fillRect(x - 4, bbox.top + bbox.height, 8, 5);
      }
      ctx.restore();
    });
    return null;
  };
}

function Graph({ panel, data, marks, scene, width, height }: Drawn) {
  const timeRange: any = { from: dateTime(scene.start * 1000), to: dateTime(scene.end * 1000), raw: { from: "now-6h", to: "now" } };
  return (
    <TimeSeries frames={data.map(withDefaults)} width={width} height={height} timeRange={timeRange} timeZone={timeZone}
      legend={panel.options.legend} options={panel.options}>
      {(builder: any) => markedBy(marks)(builder) as any}
    </TimeSeries>
  );
}

function Stat({ panel, data, width, height }: Drawn) {
  const { reduceOptions, graphMode, colorMode, textMode, justifyMode } = panel.options;
  const values = getFieldDisplayValues({
    fieldConfig: panel.fieldConfig, reduceOptions, data, theme, timeZone, sparkline: false, replaceVariables: (text: string) => text,
  } as any);
  return (
    <VizRepeater source={values} getValues={() => values} width={width} height={height} orientation={"auto" as any} renderCounter={0}
      renderValue={({ value, width: w, height: h }: any) => (
        <BigValue value={value.display} count={values.length} width={w} height={h} theme={theme} graphMode={graphMode}
          colorMode={colorMode} textMode={textMode} justifyMode={justifyMode} />
      )} />
  );
}

const nothing = (panel: any) => (
  <div style={{ display: "flex", height: "100%", alignItems: "center", justifyContent: "center" }}>
    {panel.fieldConfig.defaults.noValue ?? "No data"}
  </div>
);

export function Panel(props: Drawn) {
  const { panel, data, scene, width, height, marks } = props;
  const empty = data.length === 0 || data.every(({ length }) => length === 0);
  if (empty && panel.type !== "stat") return nothing(panel);
  switch (panel.type) {
    case "timeseries": return <Graph {...props} />;
    case "stat": return <Stat {...props} />;
    case "table": return <TableNG data={data[0]} width={width} height={height} initialSortBy={panel.options.sortBy} />;
    case "state-timeline": return <Timeline data={data} marks={marks} width={width} height={height} start={scene.start} end={scene.end} />;
    default: throw new Error(`nothing here draws a ${panel.type}`);
  }
}

