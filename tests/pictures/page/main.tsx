// Draws the dashboard that the server has at /dashboard.json, for the scene at
// /scene.json, and leaves in window.__drawn what went wrong.
import { ThemeContext } from "@grafana/data";
import { GlobalStyles, PanelChrome, PortalContainer } from "@grafana/ui";
import { Component } from "react";
import { createRoot } from "react-dom/client";
import { framesOf, prometheus, stepOf, theme, type Scene } from "./ask";
import { Panel, type Mark } from "./panels";

const column = 60;
const row = 38;
const gap = 8;
const errors: string[] = [];

class Guard extends Component<{ title: string; children: any }, { error?: Error }> {
  state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error) { return { error }; }
  componentDidCatch(error: Error) { errors.push(`${this.props.title}: ${error.message}`); }
  render() { return this.state.error ? <pre>{this.state.error.message}</pre> : this.props.children; }
}

// As Grafana makes them: consecutive steps are one mark, at the first of them.
async function marksOf(annotation: any, scene: Scene): Promise<Mark[]> {
  const step = stepOf({ interval: annotation.step }, scene);
  const colour = theme.visualization.getColorByName(annotation.iconColor);
  return (await prometheus(annotation.target, step, scene)).flatMap(({ values = [] }) =>
    values.map(([time]) => time).filter((time, index, all) => index === 0 || time - all[index - 1] > step)
      .map((time) => ({ time: time * 1000, colour, ids: annotation.filter?.ids })));
}

async function drawnPanel(panel: any, scene: Scene, marks: Mark[]) {
  const { x, y, w, h } = panel.gridPos;
  const [width, height] = [w * column - gap, h * row - gap];
  const place = { position: "absolute", left: x * column + gap / 2, top: y * row + gap / 2, width, height } as const;
  if (panel.type === "row") {
    return <div key={panel.id} style={{ ...place, fontSize: 16, fontWeight: 500, paddingTop: 4 }}>⌄ {panel.title}</div>;
  }
  const shown = marks.filter(({ ids }) => !ids || ids.includes(panel.id));
  let data: any;
  try {
    data = await framesOf(panel, scene);
  } catch (error: any) {
    errors.push(`${panel.title}: ${error.message}`);
    data = [];
  }
  return (
    <div key={panel.id} style={place} data-panel={panel.title}>
      <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
        {(w, h) => <Guard title={panel.title}><Panel panel={panel} data={data} marks={shown} scene={scene} width={w} height={h} /></Guard>}
      </PanelChrome>
    </div>
  );
}

function Heading({ dashboard, scene }: any) {
  const chosen = dashboard.templating.list.filter(({ type }: any) => type === "query")
    .map(({ name, label }: any) => `${label}: ${scene.variables[name] === ".+" ? "All" : scene.variables[name]}`);
  const legend = dashboard.annotations.list.filter(({ enable }: any) => enable);
  return (
    <div style={{ padding: "8px 12px", display: "flex", gap: 24, alignItems: "baseline" }}>
      <b style={{ fontSize: 18 }}>{dashboard.title}</b>
      {chosen.map((text: string) => <span key={text}>{text}</span>)}
      {legend.map(({ name, iconColor }: any) => (
        <span key={name} style={{ color: theme.visualization.getColorByName(iconColor) }}>┆ {name}</span>
      ))}
    </div>
  );
}

const [dashboard, scene] = await Promise.all(["/dashboard.json", "/scene.json"].map(async (url) => (await fetch(url)).json()));
const marks = (await Promise.all(dashboard.annotations.list.filter(({ enable }: any) => enable)
  .map((each: any) => marksOf(each, scene)))).flat();
const panels = await Promise.all(dashboard.panels.map((panel: any) => drawnPanel(panel, scene, marks)));
const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }: any) => (y + h) * row));

createRoot(document.getElementById("root")!).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <PortalContainer />
    <div style={{ width: 24 * column, color: theme.colors.text.primary, fontFamily: theme.typography.fontFamily }}>
      <Heading dashboard={dashboard} scene={scene} />
      <div style={{ position: "relative", height: bottom }}>{panels}</div>
    </div>
  </ThemeContext.Provider>);
setTimeout(() => Object.assign(window, { __drawn: { errors } }), 3000);
