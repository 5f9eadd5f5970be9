import { mount } from 'svelte';

import 'hds-core/lib/base.min.css';
import 'hds-core/lib/components/button/button.min.css';
import 'hds-core/lib/components/checkbox/checkbox.min.css';
import 'hds-core/lib/components/text-input/text-input.min.css';
import './style.css';
import App from './App.svelte';
import { session } from './session.svelte.ts';
import './browser/install.svelte.ts';
import { keepOffline } from './browser/offline.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('the page has a place for the app');
mount(App, { target });
void session.open();
void keepOffline();
