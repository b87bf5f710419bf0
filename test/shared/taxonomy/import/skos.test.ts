import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { importRdfXml } from '../../../../shared/taxonomy/import/rdf-xml.ts';
import type { SourceTaxonomy } from '../../../../shared/taxonomy/import/source.ts';
import { importTurtle } from '../../../../shared/taxonomy/import/turtle.ts';

const PREFIXES = `@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix : <http://example.org/> .
`;

const TURTLE = `${PREFIXES}
:scheme a skos:ConceptScheme ; skos:prefLabel "Things"@en ; skos:hasTopConcept :animals .
:animals a skos:Concept ; skos:prefLabel "animals"@en, "Tiere"@de ; skos:narrower :birds .
:birds a skos:Concept ;
  skos:prefLabel "birds"@en, "pássaros"@pt-BR, "Vögel"@de ;
  skos:altLabel "bird life"@en, "avians"@en-GB, "Vogelwelt"@de ;
  skos:note "has feathers"@en .
:owls a skos:Concept ; skos:prefLabel "owls"@en-US ; skos:broader :birds .
`;

const RDF_XML = `<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="http://www.w3.org/2004/02/skos/core#">
  <skos:ConceptScheme rdf:about="http://example.org/scheme">
    <skos:prefLabel xml:lang="en">Things</skos:prefLabel>
  </skos:ConceptScheme>
  <skos:Concept rdf:about="http://example.org/owls">
    <skos:prefLabel xml:lang="en-US">owls</skos:prefLabel>
    <skos:broader rdf:resource="http://example.org/birds"/>
  </skos:Concept>
  <skos:Concept rdf:about="http://example.org/birds">
    <skos:prefLabel xml:lang="en">birds</skos:prefLabel>
    <skos:prefLabel xml:lang="de">Vögel</skos:prefLabel>
    <skos:prefLabel xml:lang="pt-BR">pássaros</skos:prefLabel>
    <skos:altLabel xml:lang="en-GB">avians</skos:altLabel>
    <skos:altLabel xml:lang="en">bird life</skos:altLabel>
  </skos:Concept>
  <rdf:Description rdf:about="http://example.org/animals">
    <rdf:type rdf:resource="http://www.w3.org/2004/02/skos/core#Concept"/>
    <skos:prefLabel xml:lang="en">animals</skos:prefLabel>
    <skos:prefLabel xml:lang="de">Tiere</skos:prefLabel>
    <skos:narrower rdf:resource="http://example.org/birds"/>
  </rdf:Description>
</rdf:RDF>
`;

const iri = (name: string): string => `http://example.org/${name}`;

const turtle = (statements: string): SourceTaxonomy => importTurtle(PREFIXES + statements);

describe('SKOS', () => {
  test('concepts have their broader one as parent, English labels as names, the others as translations', () => {
    const { interests, problems, polyhierarchy } = importTurtle(TURTLE);
    assert.deepEqual([problems, polyhierarchy], [[], 0]);
    assert.deepEqual(interests, [
      {
        ...{ id: iri('animals'), name: 'animals', parent: null, aliases: [], line: 0 },
        translations: { de: ['Tiere'] },
      },
      {
        ...{ id: iri('birds'), name: 'birds', parent: iri('animals'), line: 0 },
        aliases: ['avians', 'bird life'],
        translations: { de: ['Vögel'], 'pt-BR': ['pássaros'] },
      },
      { id: iri('owls'), name: 'owls', parent: iri('birds'), aliases: [], translations: {}, line: 0 },
    ]);
  });

  test('Turtle and RDF/XML of the same concepts are the same', async () => {
    assert.deepEqual(await importRdfXml(RDF_XML), importTurtle(TURTLE));
  });

  test('the order of the statements makes no difference', () => {
    const statements = [
      ':a a skos:Concept .',
      ':b a skos:Concept .',
      ':c a skos:Concept .',
      ':a skos:prefLabel "a"@en .',
      ':b skos:prefLabel "b"@en, "B"@en, "b"@de .',
      ':c skos:prefLabel "c"@en .',
      ':b skos:altLabel "x"@en .',
      ':b skos:altLabel "w"@en .',
      ':c skos:broader :b .',
      ':c skos:broader :a .',
      ':a skos:narrower :b .',
    ];
    const expected = turtle(statements.join('\n'));
    assert.equal(expected.polyhierarchy, 1);
    fc.assert(
      fc.property(fc.shuffledSubarray(statements, { minLength: statements.length }), (shuffled) => {
        assert.deepEqual(turtle(shuffled.join('\n')), expected);
      }),
    );
  });

  test('of several broader concepts the first by IRI that is there becomes the parent, and each case is told', () => {
    const { interests, warnings, polyhierarchy } = turtle(`
      :b a skos:Concept ; skos:prefLabel "b"@en .
      :c a skos:Concept ; skos:prefLabel "c"@en .
      :d a skos:Concept ; skos:prefLabel "d"@en ; skos:broader :c, :b, :absent .`);
    assert.equal(interests[2].parent, iri('b'));
    assert.equal(polyhierarchy, 1);
    const message = `${iri('d')} has 3 broader concepts; ${iri('b')} becomes its parent`;
    assert.deepEqual(warnings, [{ line: 0, message }]);
  });

  test('a concept with no English name, and concepts without an IRI, are problems', () => {
    const { problems } = turtle(`
      :a a skos:Concept ; skos:prefLabel "Tiere"@de, "animals" ; skos:narrower :b .
      [] a skos:Concept ; skos:prefLabel "no one"@en .`);
    assert.deepEqual(
      problems.map(({ message }) => message),
      [
        'concepts without an IRI (blank nodes) have no id that lasts: 1',
        `${iri('a')} has no English name (skos:prefLabel with @en)`,
        `${iri('b')} has no English name (skos:prefLabel with @en)`,
      ],
    );
  });

  test('malformed data is told with its line', async () => {
    const [malformed] = turtle(':a skos:prefLabel "a"@en .\n:b wrong:prefix :c .').problems;
    assert.equal(malformed.line, 4);
    assert.match(malformed.message, /^malformed Turtle: .*wrong/);
    const unclosed = await importRdfXml(RDF_XML.replace('animals</skos:prefLabel>', 'animals'));
    assert.deepEqual(unclosed.interests, []);
    assert.equal(unclosed.problems[0].line, 22);
    assert.match(unclosed.problems[0].message, /^malformed RDF\/XML: 22:\d+: unexpected close tag/);
    const relative = await importRdfXml(RDF_XML.replace('"http://example.org/owls"', '"#owls"'));
    assert.equal(relative.problems[0].line, 6);
    assert.match(relative.problems[0].message, /Invalid IRI .*#owls/);
  });
});
