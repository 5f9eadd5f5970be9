/** Download everything, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { counted } from '../../text/format.ts';

export const downloadWords = {
  lead: {
    fi: 'Saat kaikki tietosi yhtenä tiedostona, myös niiden, joiden puolesta toimit.',
    sv: 'Du får alla dina uppgifter i en fil, även för dem som du företräder.',
    en: 'You get all your data in one file, also those of people you act for.',
  },
  what: {
    fi: 'Tiedosto on JSON-muodossa. Sen voi avata tekstinä, ja toinen palvelu voi lukea sen.',
    sv: 'Filen är i formatet JSON. Den kan öppnas som text, och en annan tjänst kan läsa den.',
    en: 'The file has the format JSON. You can open it as text, and another service can read it.',
  },
  safe: {
    title: { fi: 'Säilytä tiedosto huolella', sv: 'Förvara filen väl', en: 'Keep the file safe' },
    text: {
      fi: 'Kun tiedosto on laitteellasi, kuka tahansa laitteen käyttäjä voi lukea sen. Älä lataa sitä yhteiselle koneelle, äläkä lähetä sitä sähköpostilla.',
      sv: 'När filen finns på din enhet kan alla som använder enheten läsa den. Ladda inte ner den på en gemensam dator, och skicka den inte med e-post.',
      en: 'Once the file is on your device, anybody who uses the device can read it. Do not download it to a shared computer, and do not send it by e-mail.',
    },
  },
  begin: { fi: 'Hae tiedot', sv: 'Hämta uppgifterna', en: 'Fetch the data' },
  progress: { fi: 'Tietoja haetaan', sv: 'Uppgifterna hämtas', en: 'The data are fetched' },
  ready: { fi: 'Tiedosto on valmis', sv: 'Filen är klar', en: 'The file is ready' },
  waiting: { fi: 'odotetaan…', sv: 'väntar…', en: 'waiting…' },
  came: (count: number): Words =>
    counted(
      count,
      { fi: '✓ # tieto', sv: '✓ # uppgift', en: '✓ # record' },
      { fi: '✓ # tietoa', sv: '✓ # uppgifter', en: '✓ # records' },
    ),
  failed: { fi: 'ei vastannut', sv: 'svarade inte', en: 'did not answer' },
  lacks: {
    fi: 'Tiedostosta puuttuu se, mitä nämä organisaatiot tietävät. Voit tallentaa muut jo nyt, tai yrittää ensin uudelleen.',
    sv: 'I filen saknas det som dessa organisationer vet. Du kan spara resten redan nu, eller försöka igen först.',
    en: 'The file lacks what these organisations know. You can save the rest now, or try again first.',
  },
  nothing: {
    fi: 'Yhtään tietoa ei saatu. Tiedostoa ei ole vielä.',
    sv: 'Inga uppgifter kom. Det finns ingen fil ännu.',
    en: 'No data came. There is no file yet.',
  },
  save: (size: Words): Words => ({
    fi: `Tallenna tiedosto (${size.fi})`,
    sv: `Spara filen (${size.sv})`,
    en: `Save the file (${size.en})`,
  }),
} as const;
