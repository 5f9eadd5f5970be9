/** What people are called, in three languages. */

import type { Words } from '../protocol/words.ts';

export const peopleWords = {
  self: { fi: 'Minä', sv: 'Jag', en: 'Me' },
  child: { fi: 'Lapsi', sv: 'Barn', en: 'Child' },
  childBorn: (year: Words): Words => ({
    fi: `Lapsi, syntynyt ${year.fi}`,
    sv: `Barn, fött ${year.sv}`,
    en: `Child, born ${year.en}`,
  }),
  born: (name: Words, year: Words): Words => ({
    fi: `${name.fi}, syntynyt ${year.fi}`,
    sv: `${name.sv}, född ${year.sv}`,
    en: `${name.en}, born ${year.en}`,
  }),
  at: (name: Words, where: Words): Words => ({
    fi: `${name.fi} (${where.fi})`,
    sv: `${name.sv} (${where.sv})`,
    en: `${name.en} (${where.en})`,
  }),
  numbered: (name: Words, number: Words): Words => ({
    fi: `${name.fi}, ${number.fi}.`,
    sv: `${name.sv}, nr ${number.sv}`,
    en: `${name.en}, no. ${number.en}`,
  }),
} as const;
