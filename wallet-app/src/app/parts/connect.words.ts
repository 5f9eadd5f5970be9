/** Logging in at an organisation, in three languages. */

import type { Words } from '../../protocol/words.ts';

export const connectWords = {
  logIn: (whom: Words): Words => ({
    fi: `Kirjaudu: ${whom.fi}`,
    sv: `Logga in: ${whom.sv}`,
    en: `Log in: ${whom.en}`,
  }),
  working: { fi: 'Odota hetki…', sv: 'Vänta en stund…', en: 'One moment…' },
  first: {
    fi: 'Kirjaudu uudessa välilehdessä tavalliseen tapaan, esimerkiksi pankkitunnuksilla.',
    sv: 'Logga in i en ny flik som vanligt, till exempel med bankkoder.',
    en: 'Log in as usual in a new tab, for example with your bank codes.',
  },
  open: { fi: 'Avaa kirjautuminen', sv: 'Öppna inloggningen', en: 'Open the login' },
  second: {
    fi: 'Lopuksi näet siellä lyhyen koodin. Kirjoita se tähän. Älä anna koodia kenellekään muulle.',
    sv: 'Till slut ser du en kort kod där. Skriv den här. Ge inte koden till någon annan.',
    en: 'At the end you see a short code there. Type it here. Give the code to nobody else.',
  },
  codeLabel: { fi: 'Koodi kirjautumissivulta', sv: 'Koden från inloggningssidan', en: 'The code from the login page' },
  codeWrong: {
    fi: 'Koodi ei täsmää, tai et ole vielä kirjautunut. Tarkista koodi ja kirjoita se uudelleen.',
    sv: 'Koden stämmer inte, eller så har du inte loggat in ännu. Kontrollera koden och skriv den igen.',
    en: 'The code does not match, or you have not logged in yet. Check the code and type it again.',
  },
  confirm: { fi: 'Vahvista', sv: 'Bekräfta', en: 'Confirm' },
  goOn: { fi: 'Jatka', sv: 'Fortsätt', en: 'Go on' },
  again: { fi: 'Aloita alusta', sv: 'Börja om', en: 'Begin again' },
  refused: (whom: Words): Words => ({
    fi: `${whom.fi} ei voinut yhdistää sinua. Ehkä siellä ei ole tietojasi, tai kirjautuminen keskeytyi.`,
    sv: `${whom.sv} kunde inte ansluta dig. Kanske finns det inga uppgifter om dig där, eller så avbröts inloggningen.`,
    en: `${whom.en} could not connect you. Perhaps it holds nothing about you, or the login was broken off.`,
  }),
  paper: {
    fi: 'Tämä organisaatio on tullut mukaan sen jälkeen, kun palautuskoodisi tehtiin. Kirjoita koodi paperista kerran.',
    sv: 'Den här organisationen har kommit med efter att din återställningskod gjordes. Skriv koden från papperet en gång.',
    en: 'This organisation joined after your recovery code was made. Type the code from the paper once.',
  },
} as const;
