/** Values that have no words of their own, in three languages. */

export const valueWords = {
  nothing: { fi: 'ei tietoa', sv: 'ingen uppgift', en: 'nothing known' },
  yes: { fi: 'kyllä', sv: 'ja', en: 'yes' },
  no: { fi: 'ei', sv: 'nej', en: 'no' },
} as const;
