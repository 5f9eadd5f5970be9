/** Reading the file that says how a city dresses the wallet. It comes from the wallet's own origin. */

import { Members, parseJson, type ReadJson, ShapeFault, text } from '../../client/json.ts';
import type { Words } from '../../protocol/words.ts';
import type { Theme } from '../browser/theme.ts';

/** Which custom properties a theme may set: those that `hds-core` names, so that its parts follow. */
const COLOURS = {
  primary: '--color-bus',
  primary_dark: '--color-bus-dark',
  primary_light: '--color-bus-light',
  band: '--band',
};
const COLOUR = /^#[0-9a-f]{6}$/i;

const words: ReadJson<Words> = (json) => {
  const members = new Members(json);
  return { fi: members.need('fi', text), sv: members.need('sv', text), en: members.need('en', text) };
};

/** @throws {ShapeFault} */
export function readTheme(bytes: Uint8Array): Theme {
  const members = new Members(parseJson(bytes));
  const colours = members.maybe('colours', (json) => new Members(json));
  const contact = members.maybe('contact', (json) => new Members(json));
  const logo = members.maybe('logo', (json) => {
    const one = new Members(json);
    return { path: one.need('path', text), viewBox: one.need('view_box', text) };
  });
  return {
    names: members.need('names', words),
    home: members.need('home', text),
    logo,
    contact: {
      phone: contact?.maybe('phone', text) ?? null,
      email: contact?.maybe('email', text) ?? null,
      url: contact?.maybe('url', text) ?? null,
    },
    privacy: members.maybe('privacy', text),
    colours: Object.entries(COLOURS).flatMap(([name, property]) => {
      const colour = colours?.maybe(name, text) ?? null;
      if (colour === null) return [];
      if (!COLOUR.test(colour)) throw new ShapeFault('a colour is not #rrggbb');
      return [[property, colour] as const];
    }),
  };
}
