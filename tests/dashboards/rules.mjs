// What every dashboard must be: { name: dashboard => objections }.
import { linterRules } from "./linter_rules.mjs";
import { ownRules } from "./own_rules.mjs";

export const rules = { ...linterRules, ...ownRules };
