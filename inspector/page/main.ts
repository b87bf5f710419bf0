import { render } from 'preact';
import { App } from './app.ts';
import { html } from './html.ts';
import { applyTheme } from './theme.ts';

applyTheme();
render(html`<${App} />`, document.getElementById('app')!);
