const KEY = 'p2i-theme';

/** `system` goes by what the reader's system prefers. */
export type Theme = 'system' | 'light' | 'dark';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Shows the page as the reader wants it. */
export function applyTheme(wanted: Theme = theme()): void {
  if (wanted === 'system') {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
    return;
  }
  localStorage.setItem(KEY, wanted);
  document.documentElement.dataset.theme = wanted;
}

export function nextTheme(from: Theme): Theme {
  return NEXT[from];
}
