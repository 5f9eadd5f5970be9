/** What waits for an answer, and how a request is brought along, in three languages. */

import type { Words } from '../../../protocol/words.ts';
import { counted } from '../../text/format.ts';

export const requestsWords = {
  lead: {
    fi: 'Kukaan ei saa tietojasi ennen kuin vastaat kyllä.',
    sv: 'Ingen får dina uppgifter förrän du svarar ja.',
    en: 'Nobody gets your data before you answer yes.',
  },
  waiting: { fi: 'Odottaa vastaustasi', sv: 'Väntar på ditt svar', en: 'Waiting for your answer' },
  looking: { fi: 'Katsotaan, mitä on tullut…', sv: 'Ser efter vad som har kommit…', en: 'Looking for what has come…' },
  none: {
    fi: 'Mikään pyyntö ei odota vastaustasi.',
    sv: 'Ingen förfrågan väntar på ditt svar.',
    en: 'No request waits for your answer.',
  },
  noneSoFar: {
    fi: 'Ei pyyntöjä niiltä, jotka vastasivat.',
    sv: 'Inga förfrågningar hos dem som svarade.',
    en: 'No requests at those who answered.',
  },
  forWhom: (whom: Words): Words => ({ fi: `Koskee: ${whom.fi}`, sv: `Gäller: ${whom.sv}`, en: `About: ${whom.en}` }),
  until: (day: Words): Words => ({
    fi: `Vastaa viimeistään ${day.fi}`,
    sv: `Svara senast den ${day.sv}`,
    en: `Answer by ${day.en}`,
  }),
  notAcceptable: (count: number): Words =>
    counted(
      count,
      {
        fi: 'Lisäksi tuli # pyyntö, jota ei voi hyväksyä. Siihen ei tarvitse vastata.',
        sv: 'Dessutom kom # förfrågan som inte kan godkännas. Du behöver inte svara på den.',
        en: '# more request came that cannot be accepted. You need not answer it.',
      },
      {
        fi: 'Lisäksi tuli # pyyntöä, joita ei voi hyväksyä. Niihin ei tarvitse vastata.',
        sv: 'Dessutom kom # förfrågningar som inte kan godkännas. Du behöver inte svara på dem.',
        en: '# more requests came that cannot be accepted. You need not answer them.',
      },
    ),
  unsent: {
    title: {
      fi: 'Vastauksesi ei ole vielä perillä',
      sv: 'Ditt svar har inte kommit fram ännu',
      en: 'Your answer has not arrived yet',
    },
    what: (whom: Words): Words => ({
      fi: `Vastauksesi on tallessa tällä laitteella. Sitä odottaa: ${whom.fi}.`,
      sv: `Ditt svar finns på den här enheten. Det väntas av: ${whom.sv}.`,
      en: `Your answer is kept on this device. It is awaited by: ${whom.en}.`,
    }),
    send: { fi: 'Lähetä nyt', sv: 'Skicka nu', en: 'Send now' },
    sending: { fi: 'Lähetetään…', sv: 'Skickas…', en: 'Sending…' },
    sent: {
      fi: 'Vastauksesi on nyt perillä.',
      sv: 'Ditt svar har nu kommit fram.',
      en: 'Your answer has now arrived.',
    },
  },
  answered: { fi: 'Olet jo vastannut', sv: 'Du har redan svarat', en: 'You have already answered' },
  bring: {
    title: { fi: 'Sain linkin tai koodin', sv: 'Jag fick en länk eller en kod', en: 'I received a link or a code' },
    what: {
      fi: 'Palvelu on voinut antaa sinulle linkin viestissä tai ruutukoodin paperilla.',
      sv: 'Tjänsten kan ha gett dig en länk i ett meddelande eller en rutkod på papper.',
      en: 'A service may have given you a link in a message, or a square code on paper.',
    },
    label: { fi: 'Liitä linkki tähän', sv: 'Klistra in länken här', en: 'Paste the link here' },
    open: { fi: 'Avaa pyyntö', sv: 'Öppna förfrågan', en: 'Open the request' },
    mistake: {
      fi: 'Tämä ei ole pyynnön linkki. Kopioi koko linkki sellaisena kuin sait sen.',
      sv: 'Det här är inte en länk till en förfrågan. Kopiera hela länken som du fick den.',
      en: 'This is not a link to a request. Copy the whole link as you received it.',
    },
  },
  code: {
    notAllowed: {
      fi: 'Kameraa ei saatu käyttöön. Salli kamera selaimen asetuksissa, valitse kuva tai liitä linkki.',
      sv: 'Kameran kunde inte användas. Tillåt kameran i webbläsarens inställningar, välj en bild eller klistra in länken.',
      en: 'The camera could not be used. Allow it in the settings of the browser, choose a picture, or paste the link.',
    },
    other: {
      fi: 'Tässä koodissa on jotakin muuta kuin pyyntö. Sitä ei avattu.',
      sv: 'Den här koden innehåller något annat än en förfrågan. Den öppnades inte.',
      en: 'This code holds something else than a request. It was not opened.',
    },
  },
} as const;
