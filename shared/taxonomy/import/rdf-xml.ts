import type { Quad } from '@rdfjs/types';
import { RdfXmlParser } from 'rdfxml-streaming-parser';
import { interestsOfSkos } from './skos.ts';
import { emptySource, type SourceTaxonomy } from './source.ts';

/** SKOS in RDF/XML. What `interestsOfSkos` says of concepts holds. */
export async function importRdfXml(text: string): Promise<SourceTaxonomy> {
  try {
    return interestsOfSkos(await quadsOf(text));
  } catch (error) {
    const { message } = error as Error;
    // `4:25: unexpected close tag` of the XML, `Line 3 column 33: …` of the RDF in it.
    const line = /^(?:Line )?(\d+)/.exec(message)?.[1];
    const malformed = { line: Number(line ?? 0), message: `malformed RDF/XML: ${message}` };
    return { ...emptySource(), problems: [malformed] };
  }
}

function quadsOf(text: string): Promise<Quad[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Quad[]>();
  const quads: Quad[] = [];
  const parser = new RdfXmlParser({ trackPosition: true });
  parser.on('data', (quad: Quad) => quads.push(quad));
  parser.on('end', () => resolve(quads));
  parser.on('error', reject);
  parser.end(text);
  return promise;
}
