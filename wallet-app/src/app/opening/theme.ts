/** Reading what a city makes of the wallet. It comes from the wallet's own origin, which has checked it. */

import { Members, parseJson, type ReadJson, text, uint } from '../../client/json.ts';
import type { Words } from '../../protocol/words.ts';
import type { Logo, Pair, Theme } from '../browser/theme.ts';

const words: ReadJson<Words> = (json) => {
  const members = new Members(json);
  return { fi: members.need('fi', text), sv: members.need('sv', text), en: members.need('en', text) };
};

const logo: ReadJson<Logo> = (json) => {
  const members = new Members(json);
  return {
    width: members.need('width', uint),
    height: members.need('height', uint),
    path: members.need('path', text),
  };
};

const pair: ReadJson<Pair> = (json) => {
  const members = new Members(json);
  return { accent: members.need('accent', text), onAccent: members.need('on_accent', text) };
};

/** @throws {ShapeFault} */
export function readTheme(bytes: Uint8Array): Theme {
  const members = new Members(parseJson(bytes));
  return {
    names: members.need('names', words),
    home: members.maybe('home', text),
    logo: members.maybe('logo', logo),
    contact: members.maybe('contact', words),
    privacyNotice: members.maybe('privacy_notice', text),
    colours: members.need('colours', (json) => {
      const colours = new Members(json);
      return { light: colours.need('light', pair), dark: colours.need('dark', pair) };
    }),
  };
}
