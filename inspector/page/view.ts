import type { About } from '../api.ts';
import type { Route } from './router.ts';

/** What every view is given. */
export interface ViewProps {
  about: About;
  route: Route;
}
