/*
 * Publishes schemas: of each topic whose schema is not the last of its history, a copy goes there as the next version,
 * with a payload: the bytes of payloads/<topic>.v<N>.json, to be written before by hand, bytes within as `hex:…`. Where
 * it is not there, the payload is that of the version before, new fields at their defaults. A payload is never made anew.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from '../../../shared/registry/registry.ts';
import { HISTORY, payload, PAYLOADS, plain, published, revived, said, SCHEMAS, topics } from './recorded.ts';

const registry = new Registry(SCHEMAS);
const json = (path: string): string => JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));

for (const topic of topics()) {
  const schema = join(SCHEMAS, `${topic}.avsc`);
  const codec = registry.codec(topic);
  const last = published().findLast((one) => one.topic === topic);
  if (last !== undefined && json(join(HISTORY, `${last.name}.avsc`)) === json(schema)) continue;

  const version = (last?.version ?? 0) + 1;
  const next = { topic, version, name: `${topic}.v${version}` };
  const words = join(PAYLOADS, `${next.name}.json`);
  if (!existsSync(words)) {
    if (last === undefined) throw new Error(`${words} is to say what the first payload says`);
    const value = plain(codec.decode(payload(last), last.name));
    writeFileSync(words, `${JSON.stringify(value, undefined, 2)}\n`);
  }
  const bytes = codec.encode(revived(said(next)));
  writeFileSync(join(PAYLOADS, `${next.name}.avro-hex`), `${bytes.toString('hex')}\n`);
  copyFileSync(schema, join(HISTORY, `${next.name}.avsc`));
  console.log(`recorded ${next.name}`);
}
