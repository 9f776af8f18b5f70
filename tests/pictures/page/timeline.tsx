// Stands in for the state timeline, which is in none of Grafana's packages. The
// texts and colours of the values are Grafana's own; the boxes are not.
import { getFieldDisplayName, type DataFrame } from "@grafana/data";
import { theme } from "./ask";

const nameWidth = 250;
const axisHeight = 22;

function runsOf({ fields }: DataFrame) {
  const [time, value] = fields;
  const runs: { from: number; to: number; value: number | null }[] = [];
  value.values.forEach((one: number | null, index: number) => {
    const last = runs.at(-1);
    if (last) last.to = time.values[index];
    if (!last || last.value !== one) runs.push({ from: time.values[index], to: time.values[index], value: one });
  });
  return runs;
}

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16);

export function Timeline({ data, marks, width, height, start, end }: any) {
  const at = (ms: number) => nameWidth + ((ms / 1000 - start) / (end - start)) * (width - nameWidth);
  const row = Math.min(34, (height - axisHeight) / data.length);
  const ticks = Array.from({ length: 5 }, (_, index) => (start + ((index + 0.5) / 5) * (end - start)) * 1000);
  return (
    <div style={{ position: "relative", width, height, fontSize: 12, color: theme.colors.text.primary }}>
      {data.map((frame: DataFrame, index: number) => (
        <div key={index}>
          <div style={{ position: "absolute", top: index * row, width: nameWidth - 8, lineHeight: `${row}px`, textAlign: "right",
            overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
            {getFieldDisplayName(frame.fields[1], frame, data)}
          </div>
          {runsOf(frame).filter(({ value }) => value !== null).map(({ from, to, value }) => (
            <div key={from} style={{ position: "absolute", left: at(from), width: Math.max(1, at(to) - at(from)),
              top: index * row + row * 0.1, height: row * 0.8, opacity: 0.85, background: frame.fields[1].display!(value).color }} />
          ))}
        </div>
      ))}
      {ticks.map((tick) => (
        <div key={tick} style={{ position: "absolute", left: at(tick) - 20, top: height - axisHeight + 4,
          color: theme.colors.text.secondary }}>{clock(tick)}</div>
      ))}
      {marks.map(({ time, colour }: any, index: number) => (
        <div key={index} style={{ position: "absolute", left: at(time), top: 0, height: height - axisHeight,
          borderLeft: `1px dashed ${colour}` }} />
      ))}
    </div>
  );
}
