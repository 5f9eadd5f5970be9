/** The first three screens, in three languages. */

import type { Words } from '../../../protocol/words.ts';

export const welcomeWords = {
  step: (at: number): Words => ({ fi: `Vaihe ${at}/3`, sv: `Steg ${at}/3`, en: `Step ${at} of 3` }),
  what: {
    title: { fi: 'Omat tietosi, oma avaimesi', sv: 'Dina uppgifter, din nyckel', en: 'Your data, your key' },
    promises: [
      {
        short: { fi: 'Näe.', sv: 'Se.', en: 'See.' },
        fi: 'Näet, mitä kaupunki ja muut tietävät sinusta, ja miksi.',
        sv: 'Du ser vad staden och andra vet om dig, och varför.',
        en: 'You see what the city and others know about you, and why.',
      },
      {
        short: { fi: 'Päätä.', sv: 'Bestäm.', en: 'Decide.' },
        fi: 'Sinä päätät, kuka saa käyttää tietojasi. Voit perua luvan milloin tahansa.',
        sv: 'Du bestämmer vem som får använda dina uppgifter. Du kan ta tillbaka tillståndet när som helst.',
        en: 'You decide who may use your data. You can end a consent at any time.',
      },
      {
        short: { fi: 'Seuraa.', sv: 'Följ.', en: 'Follow.' },
        fi: 'Näet jokaisen kerran, kun joku on katsonut tietojasi.',
        sv: 'Du ser varje gång någon har tittat på dina uppgifter.',
        en: 'You see every time that somebody has looked at your data.',
      },
    ],
    start: { fi: 'Aloita', sv: 'Börja', en: 'Start' },
    before: {
      fi: 'Minulla on jo Aitta toisella laitteella, tai laitteeni katosi',
      sv: 'Jag har redan Aitta på en annan enhet, eller min enhet har försvunnit',
      en: 'I have Aitta on another device already, or my device is lost',
    },
  },
  code: { title: { fi: 'Palautuskoodisi', sv: 'Din återställningskod', en: 'Your recovery code' } },
  login: {
    title: { fi: 'Kirjaudu kotikaupunkiisi', sv: 'Logga in hos din hemstad', en: 'Log in at your city' },
    why: {
      fi: 'Kirjautuminen yhdistää tämän laitteen tietoihisi. Se tehdään kerran.',
      sv: 'Inloggningen kopplar den här enheten till dina uppgifter. Det görs en gång.',
      en: 'The login connects this device with your data. It is done once.',
    },
    elsewhere: {
      fi: 'Asun muualla',
      sv: 'Jag bor någon annanstans',
      en: 'I live somewhere else',
    },
    nowhere: {
      fi: 'Kotikaupunkisi ei ole juuri nyt mukana. Ota yhteyttä kaupunkiin.',
      sv: 'Din hemstad är inte med just nu. Kontakta staden.',
      en: 'Your city does not take part right now. Contact the city.',
    },
  },
} as const;
