import { useState } from 'preact/hooks';
import { post } from './client.ts';
import { html, type VNode } from './html.ts';
import { FailureNote, useWork } from './loading.ts';

/** Asks for the token. The server keeps it in no place that a script can read. */
export function LoginView({ onUnlock }: { onUnlock: () => void }): VNode {
  const [token, setToken] = useState('');
  const [state, run] = useWork<unknown>();
  const send = (event: Event): void => {
    event.preventDefault();
    void run(async (signal) => {
      await post('/v1/session', { token }, signal);
      onUnlock();
    });
  };
  return html`<section class="narrow">
    <h1>This inspector asks for a token</h1>
    <p>It is the one that <code>p2i serve</code> was started with: <code>P2I_TOKEN</code>.</p>
    <form onSubmit=${send}>
      <label for="token">Token</label>
      <input
        id="token"
        type="password"
        autocomplete="current-password"
        required
        autofocus
        value=${token}
        onInput=${(event: Event) => setToken((event.target as HTMLInputElement).value)}
      />
      <button disabled=${state.busy}>Open</button>
    </form>
    <${FailureNote} failure=${state.failure} />
  </section>`;
}
