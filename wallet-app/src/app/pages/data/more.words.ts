/** Looking for more organisations, in three languages. */

import type { LoginCode } from '../../../client/login.ts';
import type { Words } from '../../../protocol/words.ts';

export const moreWords = {
  title: { fi: 'Etsi muita organisaatioita', sv: 'Sök fler organisationer', en: 'Look for more organisations' },
  lead: {
    fi: 'Aitta etsii kaikki mukana olevat organisaatiot, joilla on tietoja sinusta. Kukaan muu ei saa tietää, mitä löytyy.',
    sv: 'Aitta söker alla deltagande organisationer som har uppgifter om dig. Ingen annan får veta vad som hittas.',
    en: 'Aitta looks for all organisations that take part and hold data about you. Nobody else learns what is found.',
  },
  back: { fi: 'Takaisin omiin tietoihin', sv: 'Tillbaka till mina uppgifter', en: 'Back to my data' },
  none: {
    fi: 'Etsiminen ei ole täällä mahdollista. Voit silti ottaa yhteyttä organisaatioon itse.',
    sv: 'Det går inte att söka här. Du kan ändå själv kontakta en organisation.',
    en: 'It is not possible to look for others here. You can still contact an organisation yourself.',
  },
  steps: [
    {
      fi: 'Kirjaudu ensin. Näin kukaan muu ei voi etsiä sinun tietojasi.',
      sv: 'Logga först in. På så sätt kan ingen annan söka dina uppgifter.',
      en: 'Log in first. So nobody else can look for your data.',
    },
    {
      fi: 'Kirjoita sitten henkilötunnuksesi. Se ei lähde tältä laitteelta luettavassa muodossa.',
      sv: 'Skriv sedan din personbeteckning. Den lämnar inte enheten i läsbar form.',
      en: 'Then type your identity code. It does not leave this device in a form that anybody can read.',
    },
  ],
  logIn: { fi: 'Kirjaudu', sv: 'Logga in', en: 'Log in' },
  going: { fi: 'Siirrytään kirjautumiseen…', sv: 'Går till inloggningen…', en: 'Going to the login…' },
  returning: { fi: 'Viimeistellään kirjautumista…', sv: 'Slutför inloggningen…', en: 'Finishing the login…' },
  loggedIn: { fi: 'Olet kirjautunut.', sv: 'Du är inloggad.', en: 'You are logged in.' },
  hurry: {
    fi: 'Kirjoita henkilötunnuksesi viiden minuutin kuluessa.',
    sv: 'Skriv din personbeteckning inom fem minuter.',
    en: 'Type your identity code within five minutes.',
  },
  label: { fi: 'Henkilötunnuksesi', sv: 'Din personbeteckning', en: 'Your identity code' },
  hint: {
    fi: 'Esimerkiksi 010190-123A. Laite muuttaa tunnuksen niin, ettei kukaan muu voi lukea sitä. Tunnusta ei tallenneta.',
    sv: 'Till exempel 010190-123A. Enheten ändrar den så att ingen annan kan läsa den. Den sparas inte.',
    en: 'For example 010190-123A. The device changes it so that nobody else can read it. The code is not kept.',
  },
  mistake: {
    fi: 'Tunnuksessa on kirjoitusvirhe. Tarkista numerot ja viimeinen merkki.',
    sv: 'Det finns ett skrivfel i personbeteckningen. Kontrollera siffrorna och det sista tecknet.',
    en: 'The code has a typing mistake. Check the digits and the last character.',
  },
  find: { fi: 'Etsi', sv: 'Sök', en: 'Look for them' },
  finding: {
    fi: 'Etsitään. Tähän voi mennä hetki…',
    sv: 'Söker. Det kan ta en stund…',
    en: 'Looking. This may take a moment…',
  },
  found: { fi: 'Näillä on tietoja sinusta', sv: 'De här har uppgifter om dig', en: 'These hold data about you' },
  nothing: {
    fi: 'Yhtään organisaatiota ei löytynyt.',
    sv: 'Inga organisationer hittades.',
    en: 'No organisation was found.',
  },
  known: {
    fi: '✓ Jo käytössä tällä laitteella',
    sv: '✓ Redan i bruk på den här enheten',
    en: '✓ Already in use on this device',
  },
  connected: (whom: Words): Words => ({
    fi: `✓ Valmis. Näet nyt, mitä tietoja on: ${whom.fi}.`,
    sv: `✓ Klart. Nu ser du vilka uppgifter som finns: ${whom.sv}.`,
    en: `✓ Done. Now you see what is held: ${whom.en}.`,
  }),
  children: {
    fi: 'Lasten tiedot löytyvät samalla, kun kirjaudut organisaatioon.',
    sv: 'Barnens uppgifter hittas samtidigt när du loggar in hos en organisation.',
    en: 'Data about your children are found at the same time, when you log in at an organisation.',
  },
  /** Why a login brought nothing. */
  brought: {
    'login-refused': {
      fi: 'Kirjautuminen keskeytyi. Voit aloittaa uudelleen.',
      sv: 'Inloggningen avbröts. Du kan börja om.',
      en: 'The login was stopped. You can begin again.',
    },
    'login-other': {
      fi: 'Tämä kirjautuminen ei alkanut tästä ikkunasta, joten sitä ei käytetty. Aloita uudelleen.',
      sv: 'Den här inloggningen började inte i det här fönstret, så den användes inte. Börja om.',
      en: 'This login was not begun in this window, so it was not used. Begin again.',
    },
    'login-over': {
      fi: 'Kirjautumisestasi on kulunut liian kauan. Kirjaudu uudelleen ja kirjoita sitten henkilötunnuksesi.',
      sv: 'För lång tid har gått sedan du loggade in. Logga in igen och skriv sedan din personbeteckning.',
      en: 'Too much time has passed since your login. Log in again, then type your identity code.',
    },
  } satisfies Readonly<Record<LoginCode, Words>>,
} as const;
