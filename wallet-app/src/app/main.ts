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
// What is kept for the next visit comes after what is wanted at this one.
void session.open().then(keepOffline);
