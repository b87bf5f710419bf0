/* Each source names concepts: a map from a key that all languages share to the phrase of one language. */
import { ENGLISH, LANGUAGES, type Language } from './languages.ts';
import { entriesOf, textOf, textsOf, type Entries, type Json, type Packages } from './packages.ts';

/** The raw phrase of each concept that a language names, by the key of the concept. */
export type Names = ReadonlyMap<string, string>;

/** A set of concepts. Where `trusted` is false, a phrase that equals the English one may be a missing translation. */
export interface Source {
  readonly name: string;
  readonly trusted: boolean;
  readonly names: (packages: Packages, language: Language) => Names;
}

export const SOURCES: readonly Source[] = [
  { name: 'emoji', trusted: true, names: emojiNames },
  { name: 'territories', trusted: true, names: territories },
  { name: 'languages', trusted: true, names: languages },
  { name: 'cities', trusted: true, names: cities },
  { name: 'calendar', trusted: true, names: calendar },
  { name: 'units', trusted: true, names: units },
  { name: 'map features', trusted: false, names: mapFeatures },
];

const PICTURE = /\p{Extended_Pictographic}|\p{Sc}/u;
/** Men and women beside the person that another emoji shows, and people who face the other way. */
const VARIANT = /^(?:👨|👩).*\u200d|\u200d[♂♀➡]/u;
/** Faces of clocks, buttons of devices, arrows, shapes, signs of arithmetic and keycaps. */
const DEVICE =
  /^[\u{1F550}-\u{1F567}\u{1F500}-\u{1F506}\u{1F518}-\u{1F524}\u{1F532}-\u{1F53D}\u{1F7E0}-\u{1F7FF}\u{1F170}-\u{1F251}\u{1F4A0}ℹⓂ㊗㊙⏏⏩-⏯⏸-⏺▪-◾⚪⚫⬅-⬇⬛⬜⭕←-⇿⤴⤵✔✖✳✴❌❎➕-➿〰〽‼⁉❓-❗]|\u20e3/u;

/** What a language calls an emoji, and the words by which it is found. */
export interface Annotation {
  readonly name: string;
  readonly keywords: readonly string[];
}

/** The annotations of the emoji that show things and people, each once. What a locale lacks, the next one has. */
export function annotations(packages: Packages, language: Language): ReadonlyMap<string, Annotation> {
  const locales = language.annotations.map((locale) =>
    entriesOf(
      packages.read(
        'cldr-annotations-full',
        `annotations/${locale}/annotations.json`,
        'annotations',
        'annotations',
      ),
    ),
  );
  const found = new Map<string, Annotation>();
  for (const emoji of new Set(locales.flatMap((locale) => Object.keys(locale)))) {
    if (!isThing(emoji)) continue;
    const all = locales.map((locale) => entriesOf(locale[emoji]));
    const [name] = all.flatMap(({ tts }) => textsOf(tts));
    const keywords = all.map((annotation) => textsOf(annotation.default)).find((texts) => texts.length > 0);
    if (name !== undefined) found.set(emoji, { name, keywords: keywords ?? [] });
  }
  return found;
}

function isThing(emoji: string): boolean {
  return PICTURE.test(emoji) && !VARIANT.test(emoji) && !DEVICE.test(emoji);
}

function emojiNames(packages: Packages, language: Language): Names {
  const all = annotations(packages, language);
  return new Map([...all].map(([emoji, { name }]) => [emoji, name]));
}

/** Territories whose short name leaves out a status, and those that English has two names for. */
const SHORT = ['BA', 'CC', 'HK', 'MM', 'MO', 'PN', 'PS'];
const TWO_NAMES = ['CI', 'CZ', 'TL', 'TR'];
const NO_PLACE = ['XA', 'XB', 'ZZ'];

/** Territories by their usual names. The second of two English names is also beside each language’s usual one. */
function territories(packages: Packages, language: Language): Names {
  const all = displayNames(packages, language, 'territories');
  const names = new Map<string, string>();
  for (const [code, name] of Object.entries(all)) {
    if (code.includes('-') || NO_PLACE.includes(code)) continue;
    if (SHORT.includes(code)) setText(names, code, all[`${code}-alt-short`], code);
    else setText(names, code, name, code);
    if (!TWO_NAMES.includes(code)) continue;
    const second = all[`${code}-alt-variant`];
    setText(names, `${code}/second`, second, code);
    setText(names, `${code}/usual`, language === ENGLISH ? second : name, code);
  }
  return names;
}

/** Languages with a code of two letters: those of states, schools and books. */
function languages(packages: Packages, language: Language): Names {
  const names = new Map<string, string>();
  for (const [code, name] of Object.entries(displayNames(packages, language, 'languages'))) {
    if (code.length === 2) setText(names, code, name, code);
  }
  return names;
}

function displayNames(packages: Packages, language: Language, kind: string): Entries {
  const file = `main/${language.cldr}/${kind}.json`;
  const keys = ['main', language.cldr, 'localeDisplayNames', kind];
  return entriesOf(packages.read('cldr-localenames-full', file, ...keys));
}

/** The cities that time zones are named after. English says those that it does not list as the zone’s id does. */
function cities(packages: Packages, language: Language): Names {
  if (language !== ENGLISH) return listedCities(packages, language);
  const names = new Map<string, string>();
  for (const other of LANGUAGES) {
    for (const zone of listedCities(packages, other).keys()) names.set(zone, cityOf(zone));
  }
  for (const [zone, name] of listedCities(packages, ENGLISH)) names.set(zone, name);
  return names;
}

function cityOf(zone: string): string {
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}

function listedCities(packages: Packages, language: Language): Names {
  const names = new Map<string, string>();
  const file = `main/${language.cldr}/timeZoneNames.json`;
  const keys = ['main', language.cldr, 'dates', 'timeZoneNames', 'zone'];
  const areas = entriesOf(packages.read('cldr-dates-full', file, ...keys));
  for (const [area, places] of Object.entries(areas)) {
    if (area !== 'Etc') addCities(names, area, entriesOf(places));
  }
  return names;
}

/** Goes down from an area to its zones: `America/Argentina/Salta` is two levels down. */
function addCities(names: Map<string, string>, area: string, places: Entries): void {
  for (const [id, place] of Object.entries(places)) {
    const details = entriesOf(place);
    const zone = `${area}/${id}`;
    if (details._type === 'zone') addFirst(names, zone, details.exemplarCity);
    else addCities(names, zone, details);
  }
}

/** Months, days of the week, parts of a day that all languages have, and the words for spans of time. */
function calendar(packages: Packages, language: Language): Names {
  const names = new Map<string, string>();
  const dates = ['main', language.cldr, 'dates'];
  const gregorian = entriesOf(
    packages.read(
      'cldr-dates-full',
      `main/${language.cldr}/ca-gregorian.json`,
      ...dates,
      'calendars',
      'gregorian',
    ),
  );
  for (const kind of ['months', 'days']) {
    const wide = entriesOf(entriesOf(entriesOf(gregorian[kind])['stand-alone']).wide);
    for (const [key, name] of Object.entries(wide)) setText(names, `${kind}/${key}`, name, key);
  }
  const fields = packages.read(
    'cldr-dates-full',
    `main/${language.cldr}/dateFields.json`,
    ...dates,
    'fields',
  );
  for (const [key, field] of Object.entries(entriesOf(fields))) {
    if (key.includes('-')) continue;
    for (const [kind, name] of Object.entries(entriesOf(field))) {
      if (kind === 'displayName' || kind.startsWith('relative-type'))
        setText(names, `${key}/${kind}`, name, key);
    }
  }
  return names;
}

/** Units of measure by their own names: not those made of several, nor those of one trade or country. */
function units(packages: Packages, language: Language): Names {
  const names = new Map<string, string>();
  const file = `main/${language.cldr}/units.json`;
  const long = packages.read('cldr-units-full', file, 'main', language.cldr, 'units', 'long');
  for (const [key, unit] of Object.entries(entriesOf(long))) {
    if (
      !/^(?:angle|area|duration|energy|length|mass|power|speed|temperature|volume)-[a-z]+(?:-[a-z]+)?$/.test(
        key,
      )
    )
      continue;
    if (!/-per|-imperial|-jp|-it$/.test(key)) setText(names, key, entriesOf(unit).displayName, key);
  }
  return names;
}

/** Names of presets; labels, kinds and options of fields. */
function mapFeatures(packages: Packages, language: Language): Names {
  const names = new Map<string, string>();
  for (const locale of language.osm) {
    const file = `dist/translations/${locale}.json`;
    const all = entriesOf(packages.read('@openstreetmap/id-tagging-schema', file, locale, 'presets'));
    for (const kind of ['categories', 'presets']) {
      for (const [key, preset] of Object.entries(entriesOf(all[kind]))) {
        addFirst(names, `${kind}/${key}`, entriesOf(preset).name);
      }
    }
    for (const [key, field] of Object.entries(entriesOf(all.fields)))
      addField(names, `fields/${key}`, entriesOf(field));
  }
  return names;
}

function addField(names: Map<string, string>, key: string, field: Entries): void {
  addFirst(names, key, field.label);
  for (const kind of ['types', 'options']) {
    for (const [value, option] of Object.entries(entriesOf(field[kind]))) {
      addFirst(names, `${key}/${kind}/${value}`, entriesOf(option).title ?? option);
    }
  }
}

function addFirst(names: Map<string, string>, key: string, name: Json | undefined): void {
  const text = textOf(name);
  if (text !== undefined && !names.has(key)) names.set(key, text);
}

/** Sets a name that is not just its own code, which stands where a translation is missing. */
function setText(names: Map<string, string>, key: string, name: Json | undefined, code: string): void {
  const text = textOf(name);
  if (text !== undefined && text !== code) names.set(key, text);
}
