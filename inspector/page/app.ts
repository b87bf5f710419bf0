import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { About } from '../api.ts';
import { ClassifyView } from './classify.ts';
import { leave, locked } from './client.ts';
import { DeadLettersView } from './dead-letters.ts';
import { html, type VNode } from './html.ts';
import { KEYS, useKeys, VIEWS } from './keys.ts';
import { FailureNote, useGet } from './loading.ts';
import { LoginView } from './login.ts';
import { PoolsView } from './pools.ts';
import { followLinks, useRoute, type Route } from './router.ts';
import { RunsView } from './runs.ts';
import { TaxonomyView } from './taxonomy.ts';
import { applyTheme, nextTheme, theme } from './theme.ts';
import type { ViewProps } from './view.ts';

const COMPONENTS: Readonly<Record<string, (props: ViewProps) => VNode>> = {
  '/': ClassifyView,
  '/taxonomy': TaxonomyView,
  '/pools': PoolsView,
  '/runs': RunsView,
  '/dead-letters': DeadLettersView,
};

/** The page. */
export function App(): VNode {
  const route = useRoute();
  const about = useGet<About>('/v1/about');
  const [isLocked, setLocked] = useState(false);
  const keys = useRef<HTMLDialogElement>(null);
  useKeys(useCallback(() => keys.current?.showModal(), []));
  useEffect(() => {
    const lock = (): void => setLocked(true);
    locked.addEventListener('locked', lock);
    return () => locked.removeEventListener('locked', lock);
  }, []);
  const unlock = (): void => {
    setLocked(false);
    about.again();
  };
  useTitle(route.path);

  return html`<div onClick=${followLinks}>
    <a class="skip" href="#main" data-leaves>Skip to content</a>
    <${Header}
      route=${route}
      about=${isLocked ? undefined : about.value}
      onHelp=${() => keys.current?.showModal()}
    />
    <main id="main" tabindex="-1">
      ${
        isLocked
          ? html`<${LoginView} onUnlock=${unlock} />`
          : html`<${FailureNote} failure=${about.failure} />
              ${about.value && html`<${View} about=${about.value} route=${route} />`}`
      }
    </main>
    <${KeysDialog} dialog=${keys} />
  </div>`;
}

function View({ about, route }: ViewProps): VNode {
  const Component = COMPONENTS[route.path] ?? ClassifyView;
  return html`<${Component} about=${about} route=${route} />`;
}

/** The title says which view it is, and the focus begins at its top. */
function useTitle(path: string): void {
  const first = useRef(true);
  useEffect(() => {
    const view = VIEWS.find((one) => one.path === path);
    document.title = view ? `${view.name} · P2I inspector` : 'P2I inspector';
    if (!first.current) document.getElementById('main')?.focus({ preventScroll: false });
    first.current = false;
  }, [path]);
}

function Header({
  route,
  about,
  onHelp,
}: {
  route: Route;
  about: About | undefined;
  onHelp: () => void;
}): VNode {
  const [shown, setShown] = useState(theme);
  const turn = (): void => {
    const next = nextTheme(shown);
    applyTheme(next);
    setShown(next);
  };
  return html`<header class="top">
    <a class="brand" href="/"><img src="/page/icon.svg" alt="" width="24" height="24" />P2I inspector</a>
    <nav aria-label="Views">
      <ul>
        ${VIEWS.map(
          ({ path, name }) =>
            html`<li>
              <a href=${path} aria-current=${route.path === path ? 'page' : undefined}>${name}</a>
            </li>`,
        )}
        ${about?.parts.runs && html`<li><a href="/queues/" data-leaves>Queue</a></li>`}
      </ul>
    </nav>
    <div class="tools">
      <button type="button" class="quiet" onClick=${turn} aria-label=${`Colours: ${shown}. Change`}>
        ${{ system: '◐', light: '☀', dark: '☾' }[shown]}
      </button>
      <button type="button" class="quiet" onClick=${onHelp} aria-label="Keys">?</button>
      ${
        about?.token &&
        html`<button type="button" class="quiet" onClick=${() => void leave().then(() => location.reload())}>
          Leave
        </button>`
      }
    </div>
  </header>`;
}

function KeysDialog({ dialog }: { dialog: { current: HTMLDialogElement | null } }): VNode {
  return html`<dialog ref=${dialog} aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <table class="plain">
      <tbody>
        ${KEYS.map(
          ([key, does]) =>
            html`<tr>
              <th scope="row"><kbd>${key}</kbd></th>
              <td>${does}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}
