/**
 * Writes the tables of fields in docs/contracts.md from the schemas, each after its line `<!-- fields: TOPIC -->`.
 * Usage: npm run contracts [-- --check], which only says whether they are what the schemas say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { P2iError } from '../shared/errors/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENT = join(ROOT, 'docs/contracts.md');

/** The parts of an Avro schema that tables are made of. */
type Schema = string | readonly Schema[] | Node;
interface Node {
  type: Schema;
  name?: string;
  logicalType?: string;
  items?: Schema;
  values?: Schema;
  symbols?: readonly string[];
  fields?: readonly Field[];
}
interface Field {
  name: string;
  type: Schema;
  doc?: string;
  default?: unknown;
}

interface Row {
  /** `interests[].id` */
  field: string;
  type: string;
  meaning: string;
}

/** Of fields whose schema says nothing, since their name does. */
const MEANINGS: Readonly<Record<string, string>> = {
  annotationCount: 'How many annotations the Pin has.',
  annotations: 'Terms attached to the Pin, each once.',
  boards: 'Those that the Pin is saved on.',
  clicks: 'Times that it was clicked through.',
  closeups: 'Times that it was looked at closely.',
  country: 'ISO 3166-1, two letters; null: unknown.',
  createdAt: 'When the Pin was created.',
  deleted: 'The Pin is gone.',
  description: 'Of the Pin; may be empty.',
  engagement: 'What people did with it.',
  evidenceNames: 'Names of the columns of evidence, in their order.',
  femaleShare: 'Share of the saves that are by women, in [0, 1]; null: unknown.',
  host: 'Of the worker.',
  id: 'Its id.',
  impressions: 'Times that it was shown.',
  kind: 'What the Pin is of.',
  lane: 'Whole corpus (batch), or a new Pin (instant).',
  language: 'BCP-47; null: unknown.',
  made: 'When it was made.',
  maleShare: 'Share of the saves that are by men, in [0, 1]; null: unknown.',
  maxLag: 'As a plan has it.',
  message: 'What happened.',
  model: 'Version of the ranking model; null: whichever the workers hold.',
  name: 'Its name.',
  offset: 'Of the record that was read.',
  partition: 'Its number.',
  partitions: 'Those that the worker has.',
  pid: 'Process id of the worker.',
  pin: 'Id of the Pin.',
  pins: 'The Pins of the batch.',
  pinsFailed: 'Pins that went to the dead letters.',
  pinsIn: 'Pins that were read.',
  pinsOut: 'Pins that were handed on.',
  plan: 'What the run is to do.',
  planned: 'When it was planned.',
  reason: 'Why, for people.',
  run: 'The run.',
  saves: 'Times that it was saved.',
  schedule: 'A schedule; null: the entry is a run.',
  sources: 'Where the term was seen: title, description, board, link…',
  stage: 'Of the pool.',
  stages: 'Of the pool.',
  started: 'When it was first started; null: not yet.',
  state: 'What it does now.',
  taxonomy: 'The bytes that `format` says how to read.',
  term: 'In any language.',
  title: 'Of the Pin; may be empty.',
  version: 'Grows with every change of the Pin.',
};

const document = readFileSync(DOCUMENT, 'utf8');
const made = await written(document);
if (made === document) console.log('docs/contracts.md is what the schemas say');
else if (process.argv.includes('--check'))
  throw new P2iError('ARTEFACT_INVALID', 'not what the schemas say: npm run contracts', { where: DOCUMENT });
else writeFileSync(DOCUMENT, made);

async function written(text: string): Promise<string> {
  const filled = text.replaceAll(
    /(<!-- fields: (\S+) -->)\n+(?:\|.*\n)*/g,
    (_, mark: string, topic: string) => `${mark}\n\n${tableOf(topic)}\n\n`,
  );
  return format(filled, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT });
}

function tableOf(topic: string): string {
  const path = join(ROOT, `schemas/${topic}.avsc`);
  const rows = [...rowsOf(JSON.parse(readFileSync(path, 'utf8')) as Schema, '', path)];
  return [
    '| field | type | meaning |',
    '| --- | --- | --- |',
    ...rows.map(({ field, type, meaning }) => `| \`${field}\` | ${type} | ${meaning} |`),
  ].join('\n');
}

/** The fields of every record in a schema, those within after those that hold them. */
function* rowsOf(schema: Schema, above: string, where: string): Generator<Row> {
  if (typeof schema === 'string') return;
  if (isUnion(schema)) {
    for (const branch of schema) yield* rowsOf(branch, above, where);
    return;
  }
  const { fields, items, type } = schema;
  if (items !== undefined) yield* rowsOf(items, `${above}[]`, where);
  else if (fields === undefined) {
    if (typeof type !== 'string') yield* rowsOf(type, above, where);
  } else {
    for (const { name, doc, type: of, ...rest } of fields) {
      const field = above === '' ? name : `${above}.${name}`;
      const meaning = doc ?? MEANINGS[name];
      if (meaning === undefined) throw new P2iError('ARTEFACT_INVALID', `${field} has no doc`, { where });
      const absent = 'default' in rest ? `, default ${JSON.stringify(rest.default)}` : '';
      yield { field, type: nameOf(of) + absent, meaning: meaning.replaceAll('|', '\\|') };
      yield* rowsOf(of, field, where);
    }
  }
}

/** A type in words: `array of record`, `string or null`. */
function nameOf(schema: Schema): string {
  if (typeof schema === 'string') return schema;
  if (isUnion(schema))
    return schema
      .toSorted((a, b) => Number(a === 'null') - Number(b === 'null'))
      .map(nameOf)
      .join(' or ');
  const { type, logicalType, items, values, symbols } = schema;
  if (logicalType !== undefined) return `${nameOf(type)} (${logicalType})`;
  if (items !== undefined) return `array of ${nameOf(items)}`;
  if (values !== undefined) return `map of ${nameOf(values)}`;
  if (symbols !== undefined) return `enum: ${symbols.join(', ')}`;
  return nameOf(type);
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema);
}
