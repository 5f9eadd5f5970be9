/** The recovery code on its paper, made and typed, in three languages. */

import { TYPED_CHARACTERS } from '../../keys/recovery-code.ts';
import type { Words } from '../../protocol/words.ts';

export const paperWords = {
  why: {
    fi: 'Jos tämä laite katoaa tai hajoaa, pääset takaisin tällä koodilla. Tulosta se tai kirjoita se paperille, ja säilytä paperi kuten passia.',
    sv: 'Om enheten försvinner eller går sönder kommer du tillbaka med den här koden. Skriv ut den eller skriv av den, och förvara papperet som ett pass.',
    en: 'If this device is lost or breaks, you get back in with this code. Print it or write it down, and keep the paper like a passport.',
  },
  print: { fi: 'Tulosta koodi', sv: 'Skriv ut koden', en: 'Print the code' },
  warning: {
    fi: 'Koodi näytetään vain nyt. Kukaan muu ei tiedä sitä, eikä kukaan kaupungista koskaan kysy sitä.',
    sv: 'Koden visas bara nu. Ingen annan känner till den, och ingen från staden frågar någonsin efter den.',
    en: 'The code is shown only now. Nobody else knows it, and nobody from the city will ever ask for it.',
  },
  last: {
    fi: 'Kirjoita paperista koodin viimeiset kuusi merkkiä',
    sv: 'Skriv de sista sex tecknen av koden från papperet',
    en: 'Type the last six characters of the code from the paper',
  },
  lastMistake: {
    fi: 'Merkit eivät täsmää. Katso viimeinen ryhmä uudelleen.',
    sv: 'Tecknen stämmer inte. Titta på den sista gruppen igen.',
    en: 'The characters do not match. Look at the last group again.',
  },
  keeping: { fi: 'Odota hetki…', sv: 'Vänta en stund…', en: 'One moment…' },
  safe: { fi: 'Koodi on tallessa, jatka', sv: 'Koden är i säkerhet, fortsätt', en: 'The code is safe, go on' },
  label: { fi: 'Palautuskoodi paperista', sv: 'Återställningskoden från papperet', en: 'Recovery code from the paper' },
  hint: {
    fi: `Kuusi ryhmää, yhteensä ${TYPED_CHARACTERS} merkkiä. Isot ja pienet kirjaimet käyvät, samoin välit ja viivat.`,
    sv: `Sex grupper, sammanlagt ${TYPED_CHARACTERS} tecken. Stora och små bokstäver, mellanslag och streck går lika bra.`,
    en: `Six groups, ${TYPED_CHARACTERS} characters altogether. Capitals or not, spaces and dashes do not matter.`,
  },
  tooMany: (found: number): Words => ({
    fi: `Koodissa on ${TYPED_CHARACTERS} merkkiä, ja tässä on ${found}. Vertaa paperiin ryhmä kerrallaan.`,
    sv: `Koden har ${TYPED_CHARACTERS} tecken, och här finns ${found}. Jämför med papperet grupp för grupp.`,
    en: `The code has ${TYPED_CHARACTERS} characters, and here are ${found}. Compare it with the paper, group by group.`,
  }),
  place: (group: number, place: number): Words => ({
    fi: `Ryhmä ${group}, merkki ${place}`,
    sv: `Grupp ${group}, tecken ${place}`,
    en: `Group ${group}, character ${place}`,
  }),
  noneOfOurs: (place: Words, found: Words): Words => ({
    fi: `${place.fi}: ”${found.fi}” ei voi olla koodissa. Katso se paperista.`,
    sv: `${place.sv}: ”${found.sv}” kan inte finnas i koden. Se efter på papperet.`,
    en: `${place.en}: “${found.en}” cannot be in the code. Look at the paper.`,
  }),
  mistyped: (place: Words, found: Words, expected: Words): Words => ({
    fi: `${place.fi}: kirjoitit ”${found.fi}”. Onko paperissa ”${expected.fi}”?`,
    sv: `${place.sv}: du skrev ”${found.sv}”. Står det ”${expected.sv}” på papperet?`,
    en: `${place.en}: you typed “${found.en}”. Does the paper say “${expected.en}”?`,
  }),
  groups: (first: number, last: number): Words => ({
    fi: `Ryhmissä ${first}–${last} on useampi virhe. Kirjoita ne uudelleen paperista.`,
    sv: `I grupperna ${first}–${last} finns flera fel. Skriv dem på nytt från papperet.`,
    en: `There is more than one mistake in groups ${first}–${last}. Type them again from the paper.`,
  }),
} as const;
