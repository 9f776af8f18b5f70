// Every dashboard, under the name of its file.
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { app } from "./app";
import { overview } from "./overview";

export const dashboards: Record<string, Dashboard> = { overview: overview(), app: app() };
