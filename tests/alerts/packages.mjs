// The npm packages that these checks need live with those of the end-to-end tests.
import {createRequire} from 'node:module';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));

export const {parser} = require('@prometheus-io/lezer-promql');
export const yaml = require('js-yaml');
