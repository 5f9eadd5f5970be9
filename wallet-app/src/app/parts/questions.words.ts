/** Questions that a service asks about a field, and their answers, in three languages. */

import type { Words } from '../../protocol/words.ts';

/** `F` stands for the field, `V` for what it is held against. In one go: what is put in may have such letters too. */
function filled(fi: string, sv: string, en: string): (field: Words, value?: Words) => Words {
  const put = (text: string, field: string, value = ''): string =>
    text.replaceAll(/[FV]/g, (place) => (place === 'F' ? field : value));
  return (field, value) => ({
    fi: put(fi, field.fi, value?.fi),
    sv: put(sv, field.sv, value?.sv),
    en: put(en, field.en, value?.en),
  });
}

export const questionWords = {
  is: filled('”F”: onko se V?', '”F”: är det V?', '“F”: is it V?'),
  isAmong: filled('”F”: onko se jokin näistä: V?', '”F”: är det något av följande: V?', '“F”: is it one of these: V?'),
  atLeast: filled('”F”: onko se vähintään V?', '”F”: är det minst V?', '“F”: is it at least V?'),
  atMost: filled('”F”: onko se enintään V?', '”F”: är det högst V?', '“F”: is it at most V?'),
  notBefore: filled('”F”: onko päivä V tai myöhemmin?', '”F”: är dagen V eller senare?', '“F”: is the day V or later?'),
  notAfter: filled(
    '”F”: onko päivä V tai aiemmin?',
    '”F”: är dagen V eller tidigare?',
    '“F”: is the day V or earlier?',
  ),
  from: filled(
    '”F”: onko se aakkosissa V tai sen jälkeen?',
    '”F”: kommer det i alfabetet vid V eller senare?',
    '“F”: is it V or later in the alphabet?',
  ),
  upTo: filled(
    '”F”: onko se aakkosissa V tai sitä ennen?',
    '”F”: kommer det i alfabetet vid V eller tidigare?',
    '“F”: is it V or earlier in the alphabet?',
  ),
  ofAge: filled('”F”: onko ikä V?', '”F”: är åldern V?', '“F”: is the age V?'),
  exists: filled('”F”: onko siitä mitään tietoa?', '”F”: finns det någon uppgift?', '“F”: is anything known?'),
  count: filled('”F”: onko tietoja vähintään V?', '”F”: finns det minst V uppgifter?', '“F”: are there at least V?'),
  range: filled(
    '”F”: mihin näistä väleistä se kuuluu: V?',
    '”F”: i vilket av dessa intervall ligger det: V?',
    '“F”: in which of these ranges is it: V?',
  ),
  yesOrNo: {
    fi: 'Palvelu saa vain vastauksen kyllä tai ei. Itse tietoa se ei saa.',
    sv: 'Tjänsten får bara svaret ja eller nej, inte själva uppgiften.',
    en: 'The service gets only an answer, yes or no, and not the data itself.',
  },
  whichRange: {
    fi: 'Palvelu saa tietää vain välin. Tarkkaa tietoa se ei saa.',
    sv: 'Tjänsten får bara veta intervallet, inte den exakta uppgiften.',
    en: 'The service learns only the range, and not the exact value.',
  },
  yes: { fi: 'kyllä', sv: 'ja', en: 'yes' },
  no: { fi: 'ei', sv: 'nej', en: 'no' },
  unknown: { fi: 'ei tietoa', sv: 'ingen uppgift', en: 'nothing known' },
  nothing: { fi: 'tyhjä', sv: 'tomt', en: 'empty' },
  years: (years: Words, day: Words): Words => ({
    fi: `vähintään ${years.fi} ${day.fi}`,
    sv: `minst ${years.sv} den ${day.sv}`,
    en: `at least ${years.en} on ${day.en}`,
  }),
  below: (bound: Words): Words => ({ fi: `alle ${bound.fi}`, sv: `under ${bound.sv}`, en: `below ${bound.en}` }),
  between: (low: Words, high: Words): Words => ({
    fi: `vähintään ${low.fi} ja alle ${high.fi}`,
    sv: `minst ${low.sv} och under ${high.sv}`,
    en: `at least ${low.en} and below ${high.en}`,
  }),
  above: (bound: Words): Words => ({
    fi: `vähintään ${bound.fi}`,
    sv: `minst ${bound.sv}`,
    en: `at least ${bound.en}`,
  }),
} as const;
