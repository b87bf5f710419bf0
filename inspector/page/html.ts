import htm from 'htm';
import { h, type VNode } from 'preact';

type Markup = (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** (htm's types are those of its CommonJS form.) */
const create: Markup = (htm as unknown as { bind: (create: typeof h) => Markup }).bind(h);

/** By the parts of a template in the source: with a space for each line break, as HTML reads them. */
const parts = new WeakMap<TemplateStringsArray, TemplateStringsArray>();

/** Markup, as Preact's elements. White space means what it means in HTML: htm alone would drop line breaks. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode {
  let spaced = parts.get(strings);
  if (spaced === undefined) parts.set(strings, (spaced = withSpaces(strings)));
  return create(spaced, ...values);
}

function withSpaces(strings: TemplateStringsArray): TemplateStringsArray {
  const last = strings.length - 1;
  const spaced = strings.map((part, i) => {
    const begun = i === 0 ? part.replace(/^\s*\n\s*/, '') : part;
    const ended = i === last ? begun.replace(/\s*\n\s*$/, '') : begun;
    return ended.replace(/\s*\n\s*/g, ' ');
  });
  return Object.assign(spaced, { raw: spaced });
}

export type { VNode };
