import { useEffect, useState } from 'preact/hooks';

/** Where the page is. */
export interface Route {
  path: string;
  query: URLSearchParams;
}

const changed = new EventTarget();

function here(): Route {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** Where the page is, as it moves. */
export function useRoute(): Route {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const follow = (): void => setRoute(here());
    addEventListener('popstate', follow);
    changed.addEventListener('changed', follow);
    return () => {
      removeEventListener('popstate', follow);
      changed.removeEventListener('changed', follow);
    };
  }, []);
  return route;
}

/** Moves the page. @param replace the address takes the place of this one in the history */
export function go(to: string, replace = false): void {
  if (to === `${location.pathname}${location.search}`) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  changed.dispatchEvent(new Event('changed'));
}

/** Follows links within the page without loading it again. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.('a[href^="/"]');
  if (link === null || link === undefined || link.hasAttribute('data-leaves')) return;
  event.preventDefault();
  go(link.getAttribute('href')!);
}
