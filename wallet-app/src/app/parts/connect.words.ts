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
    fi: 'Lopuksi näet siellä koodin, jossa on kaksitoista numeroa. Kirjoita se tähän. Älä anna koodia kenellekään muulle.',
    sv: 'Till slut ser du en kod med tolv siffror där. Skriv den här. Ge inte koden till någon annan.',
    en: 'At the end you see a code of twelve digits there. Type it here. Give the code to nobody else.',
  },
  codeLabel: { fi: 'Koodi kirjautumissivulta', sv: 'Koden från inloggningssidan', en: 'The code from the login page' },
  codeWrong: {
    fi: 'Koodi ei täsmää, tai et ole vielä kirjautunut. Tarkista koodi ja kirjoita se uudelleen.',
    sv: 'Koden stämmer inte, eller så har du inte loggat in ännu. Kontrollera koden och skriv den igen.',
    en: 'The code does not match, or you have not logged in yet. Check the code and type it again.',
  },
  codeOfAnother: (whom: Words): Words => ({
    fi: `Koodi ei ole täältä: ${whom.fi}. Se jäi tälle laitteelle. Katso sivua, jolla koodi on: jos siellä on toinen nimi, sulje se äläkä kerro koodia kenellekään. Muuten tarkista numerot.`,
    sv: `Koden är inte härifrån: ${whom.sv}. Den stannade på den här enheten. Se på sidan med koden: står det ett annat namn där, stäng den och berätta inte koden för någon. Kontrollera annars siffrorna.`,
    en: `The code is not from ${whom.en}. It stayed on this device. Look at the page with the code: if it has another name, close it and tell nobody the code. Otherwise check the digits.`,
  }),
  confirm: { fi: 'Vahvista', sv: 'Bekräfta', en: 'Confirm' },
  goOn: { fi: 'Jatka', sv: 'Fortsätt', en: 'Go on' },
  again: { fi: 'Aloita alusta', sv: 'Börja om', en: 'Begin again' },
  otherDevice: { fi: 'Laitteet ja palautus', sv: 'Enheter och återställning', en: 'Devices and recovery' },
  paper: {
    fi: 'Tämä organisaatio on tullut mukaan sen jälkeen, kun palautuskoodisi tehtiin. Kirjoita koodi paperista kerran.',
    sv: 'Den här organisationen har kommit med efter att din återställningskod gjordes. Skriv koden från papperet en gång.',
    en: 'This organisation joined after your recovery code was made. Type the code from the paper once.',
  },
} as const;

/** The code with which an organisation knows nothing of a login any more: it waits for a quarter of an hour. */
export const FORGOTTEN = 'enrolment-unknown';

/** Why an organisation did not connect somebody, by the code that it gave. */
const REFUSED: Readonly<Record<string, (whom: Words) => Words>> = {
  'other-wallet': (whom) => ({
    fi: `${whom.fi}: käytät jo Aittaa toisella laitteella. Lisää tämä laite siitä, tai käytä palautuskoodia.`,
    sv: `${whom.sv}: du använder redan Aitta på en annan enhet. Lägg till den här enheten därifrån, eller använd återställningskoden.`,
    en: `${whom.en}: you already use Aitta on another device. Add this device from that one, or use your recovery code.`,
  }),
  'nothing-held': (whom) => ({
    fi: `${whom.fi}: sinusta ei ole täällä tietoja.`,
    sv: `${whom.sv}: det finns inga uppgifter om dig här.`,
    en: `${whom.en} holds nothing about you.`,
  }),
  'other-person': (whom) => ({
    fi: `${whom.fi}: kirjautuja on joku muu kuin ennen. Kirjaudu itse.`,
    sv: `${whom.sv}: någon annan än tidigare loggade in. Logga in själv.`,
    en: `${whom.en}: somebody else than before logged in. Log in yourself.`,
  }),
  'login-cancelled': () => ({
    fi: 'Kirjautuminen keskeytettiin. Voit aloittaa uudelleen.',
    sv: 'Inloggningen avbröts. Du kan börja om.',
    en: 'The login was broken off. You can begin again.',
  }),
  'assurance-too-low': (whom) => ({
    fi: `${whom.fi}: tällä tavalla ei voi kirjautua tähän. Käytä pankkitunnuksia, varmennekorttia tai mobiilivarmennetta.`,
    sv: `${whom.sv}: det går inte att logga in så här. Använd bankkoder, certifikatkort eller mobilcertifikat.`,
    en: `${whom.en}: this way of logging in is not enough here. Use bank codes, a certificate card or a mobile certificate.`,
  }),
  [FORGOTTEN]: (whom) => ({
    fi: `Kirjautuminen ei ole enää voimassa: ${whom.fi}. Siitä on voinut kulua liian kauan. Aloita alusta ja kirjaudu uudelleen.`,
    sv: `Inloggningen gäller inte längre: ${whom.sv}. Kanske har det gått för lång tid. Börja om och logga in igen.`,
    en: `The login at ${whom.en} no longer counts. Perhaps too much time has passed. Begin again, and log in once more.`,
  }),
  'confirmation-failed': () => ({
    fi: 'Koodi kirjoitettiin väärin liian monta kertaa. Aloita alusta.',
    sv: 'Koden skrevs fel för många gånger. Börja om.',
    en: 'The code was typed wrongly too often. Begin again.',
  }),
};

export function refusedWords(code: string, whom: Words): Words {
  const known = Object.hasOwn(REFUSED, code) ? REFUSED[code] : undefined;
  return (
    known?.(whom) ?? {
      fi: `${whom.fi} ei voinut yhdistää sinua. Yritä uudelleen; jos se ei onnistu, kysy sieltä.`,
      sv: `${whom.sv} kunde inte ansluta dig. Försök igen; fråga där om det inte går.`,
      en: `${whom.en} could not connect you. Try again; if it does not work, ask them.`,
    }
  );
}
