/** How to reach an organisation, in three languages. */

import type { Words } from '../../protocol/words.ts';

export const askWords = {
  reach: (whom: Words): Words => ({
    fi: `Ota yhteyttä: ${whom.fi}`,
    sv: `Kontakta: ${whom.sv}`,
    en: `Contact: ${whom.en}`,
  }),
  unknown: {
    fi: 'Yhteystiedot löydät organisaation omilta verkkosivuilta. Kysy tietosuojavastaavaa.',
    sv: 'Kontaktuppgifterna finns på organisationens egen webbplats. Fråga efter dataskyddsombudet.',
    en: 'You find how to reach it on its own website. Ask for the data protection officer.',
  },
  quote: {
    fi: 'Kerro nämä, niin asiasi löytyy heti:',
    sv: 'Berätta detta, så hittas ditt ärende genast:',
    en: 'Tell them this, so that they find it at once:',
  },
  copy: { fi: 'Kopioi', sv: 'Kopiera', en: 'Copy' },
  copied: { fi: 'Kopioitu.', sv: 'Kopierat.', en: 'Copied.' },
  notCopied: {
    fi: 'Selain ei antanut kopioida. Kirjoita tiedot muistiin.',
    sv: 'Webbläsaren tillät inte kopiering. Skriv av uppgifterna.',
    en: 'The browser did not allow copying. Write it down.',
  },
} as const;
