import { mount } from 'svelte';

import './style.css';
import App from './App.svelte';
import { session } from './session.svelte.ts';
import './browser/install.svelte.ts';
import { keepOffline } from './browser/offline.ts';
import { takeReturned } from './browser/returned.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('the page has a place for the app');
takeReturned();
mount(App, { target });
void session.open();
void keepOffline();
