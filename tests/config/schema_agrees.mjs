// Does the published JSON Schema accept what strayd accepts, and nothing else?
//
//   node schema_agrees.mjs [DIRECTORY]
//
// `ajv` is looked for in DIRECTORY/node_modules, by default this file's. A row
// of cases.json may say `"schema"` where no schema can know what strayd knows
// (that a user exists, that a pattern compiles); else both must agree.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const home = resolve(process.argv[2] ?? here);
const Ajv = createRequire(join(home, 'package.json'))('ajv').default;

const source = join(here, '../../src/config');
const schema = JSON.parse(readFileSync(join(source, 'schema.json'), 'utf8'));
const standard = readFileSync(join(source, 'default.json'), 'utf8');
const cases = JSON.parse(readFileSync(join(here, 'cases.json'), 'utf8'));

// Strings are matched first, so that a // within one stays.
const withoutComments = (text) => text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n\r]*|\/\*[^]*?\*\//g, (_, string) => string ?? ' ');

const validate = new Ajv({allErrors: true}).compile(schema);
const failures = [];

function expect(name, config, accepted) {
  if (validate(config) === accepted) return;
  failures.push(`${name}: the schema ${accepted ? 'refuses' : 'accepts'} it` +
                (accepted ? `: ${JSON.stringify(validate.errors)}` : ''));
}

const standardConfig = JSON.parse(withoutComments(standard));
expect('the default', standardConfig, true);
for (const row of cases) {
  const config = 'text' in row ? JSON.parse(withoutComments(row.text)) : row.config;
  expect(row.name, config, row.schema ?? row.ok);
}

// A default that the schema tells must be the one of the default file.
for (const [section, {properties = {}}] of Object.entries(schema.properties)) {
  for (const [key, {default: told}] of Object.entries(properties)) {
    const real = standardConfig[section][key];
    if (told !== real) {
      failures.push(`${section}.${key}: default ${told} told, ${real} real`);
    }
  }
}

for (const failure of failures) console.error(failure);
console.log(`${cases.length + 1} configurations, ${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
