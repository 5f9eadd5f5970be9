/** The pages, each loaded when it is opened. */

import type { Component } from 'svelte';

import type { PageName } from '../router.svelte.ts';

/** Beside those that have an address: the first use, and the door of a wallet whose keys lie locked. */
export type ShownName = PageName | 'welcome' | 'locked';

type Loaded = Promise<{ readonly default: Component }>;

const LOADERS: Readonly<Record<ShownName, () => Loaded>> = {
  welcome: () => import('./welcome/Welcome.svelte'),
  locked: () => import('./locked/Locked.svelte'),
  home: () => import('./home/Home.svelte'),
  data: () => import('./data/Data.svelte'),
  requests: () => import('./requests/Requests.svelte'),
  request: () => import('./request/Request.svelte'),
  looked: () => import('./looked/Looked.svelte'),
  warning: () => import('./warning/Warning.svelte'),
  consents: () => import('./consents/Consents.svelte'),
  acting: () => import('./acting/Acting.svelte'),
  download: () => import('./download/Download.svelte'),
  devices: () => import('./devices/Devices.svelte'),
  settings: () => import('./settings/Settings.svelte'),
};

const loaded = new Map<ShownName, Promise<Component>>();

/** The page; asked for again when it did not come. */
export function loadPage(name: ShownName): Promise<Component> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const loading = LOADERS[name]().then((module) => module.default);
  loaded.set(name, loading);
  loading.catch(() => loaded.delete(name));
  return loading;
}
