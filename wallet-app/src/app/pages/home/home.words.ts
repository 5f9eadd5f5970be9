/** The home page, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { counted } from '../../text/format.ts';

export const homeWords = {
  title: { fi: 'Mitä haluat tehdä?', sv: 'Vad vill du göra?', en: 'What would you like to do?' },
  waiting: (count: number): Words =>
    counted(
      count,
      { fi: '# odottaa vastaustasi', sv: '# väntar på ditt svar', en: '# waits for your answer' },
      { fi: '# odottaa vastaustasi', sv: '# väntar på ditt svar', en: '# wait for your answer' },
    ),
  recovered: {
    title: {
      fi: 'Joku palauttaa Aittaasi toiselle laitteelle',
      sv: 'Någon återställer din Aitta till en annan enhet',
      en: 'Somebody is recovering your Aitta to another device',
    },
    what: {
      fi: 'Jos se et ole sinä, peru se heti. Muuten tämä laite lakkaa toimimasta.',
      sv: 'Om det inte är du, avbryt det genast. Annars slutar den här enheten fungera.',
      en: 'If it is not you, cancel it at once. Otherwise this device stops working.',
    },
    look: { fi: 'Katso ja peru', sv: 'Se och avbryt', en: 'Look and cancel' },
  },
  noticed: {
    title: {
      fi: 'Aitta huomasi ristiriidan',
      sv: 'Aitta har märkt en motsägelse',
      en: 'Aitta noticed a contradiction',
    },
    what: {
      fi: 'Laitteellesi on näytetty jotakin, mikä ei sovi yhteen sen kanssa, mitä sille näytettiin ennen. Todiste on tallessa.',
      sv: 'Din enhet har visats något som inte stämmer med det som den visades förut. Beviset är sparat.',
      en: 'Your device was shown something that does not agree with what it was shown before. The proof is kept.',
    },
    directory: {
      fi: 'Katso, mitä hakemisto näytti',
      sv: 'Se vad katalogen visade',
      en: 'See what the directory showed',
    },
    holders: {
      fi: 'Katso, minkä organisaation luettelo ei pidä paikkaansa',
      sv: 'Se vilken organisations lista som inte stämmer',
      en: 'See which organisation has a list that does not hold',
    },
  },
  what: {
    requests: {
      fi: 'Kuka pyytää tietojasi? Vastaa kyllä tai ei.',
      sv: 'Vem ber om dina uppgifter? Svara ja eller nej.',
      en: 'Who asks for your data? Answer yes or no.',
    },
    data: {
      fi: 'Mitä sinusta tiedetään, ja miksi.',
      sv: 'Vad man vet om dig, och varför.',
      en: 'What is known about you, and why.',
    },
    looked: {
      fi: 'Joka kerta, kun tietojasi on käytetty.',
      sv: 'Varje gång dina uppgifter har använts.',
      en: 'Every time that your data were used.',
    },
    consents: {
      fi: 'Kenelle olet antanut luvan. Muuta tai peru.',
      sv: 'Vem du har gett tillstånd. Ändra eller ta tillbaka.',
      en: 'To whom you have agreed. Change it or end it.',
    },
    acting: {
      fi: 'Lapset ja muut, joiden asioita hoidat.',
      sv: 'Barn och andra vars ärenden du sköter.',
      en: 'Children and others whose matters you look after.',
    },
    devices: {
      fi: 'Lisää laite, tai toimi, jos laite on kadonnut.',
      sv: 'Lägg till en enhet, eller agera om en enhet är borta.',
      en: 'Add a device, or act when one is lost.',
    },
    download: {
      fi: 'Kaikki tietosi yhtenä tiedostona.',
      sv: 'Alla dina uppgifter i en fil.',
      en: 'All your data in one file.',
    },
    settings: {
      fi: 'Kieli, ohjeet ja yhteystiedot.',
      sv: 'Språk, hjälp och kontakt.',
      en: 'Language, help and contact.',
    },
  },
} as const;
