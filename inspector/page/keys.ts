import { useEffect } from 'preact/hooks';
import { go } from './router.ts';

/** Views, the key that goes there after `g`, and where they are. */
export const VIEWS = [
  { key: 'c', path: '/', name: 'Classify' },
  { key: 't', path: '/taxonomy', name: 'Taxonomy' },
  { key: 'p', path: '/pools', name: 'Pools' },
  { key: 'r', path: '/runs', name: 'Runs' },
  { key: 'd', path: '/dead-letters', name: 'Dead letters' },
] as const;

/** What each key does, for people. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'go to the search field'],
  ...VIEWS.map(({ key, name }) => [`g ${key}`, `go to ${name}`] as const),
  ['Ctrl Enter', 'classify what is in the text field'],
  ['↑ ↓ ← →', 'in the tree: move, close and open'],
  ['Home End', 'in the tree: first and last interest'],
  ['Enter', 'in the tree: show the interest'],
  ['Esc', 'close what is open'],
  ['?', 'show these keys'],
];

/** How long a second key may take, ms. */
const SEQUENCE_MS = 1500;

/** Keys that work wherever nobody is typing. */
export function useKeys(onHelp: () => void): void {
  useEffect(() => {
    let gAt = -Infinity;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const second = performance.now() - gAt < SEQUENCE_MS;
      gAt = -Infinity;
      const view = second ? VIEWS.find(({ key }) => key === event.key) : undefined;
      if (view !== undefined) go(view.path);
      else if (event.key === 'g') gAt = performance.now();
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
      else if (event.key === '?') onHelp();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [onHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
}
