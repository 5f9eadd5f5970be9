/** What services answered that had data and were told to stop using them, in three languages. */

import type { Words } from '../../../protocol/words.ts';

type Said = (service: Words, at: Words) => Words;

export const toldWords = {
  title: {
    fi: 'Mitä palvelulle jo annetuille tiedoille tapahtui',
    sv: 'Vad som hände med uppgifter som tjänsten redan hade fått',
    en: 'What became of data that the service had already got',
  },
  undelivered: (service: Words): Words => ({
    fi: `${service.fi}: ei ole vielä saanut kehotusta lopettaa käyttöä.`,
    sv: `${service.sv}: har ännu inte fått uppmaningen att sluta använda uppgifterna.`,
    en: `${service.en} has not yet been told to stop using the data.`,
  }),
  awaited: ((service, at) => ({
    fi: `${service.fi}: kehotettiin lopettamaan käyttö ${at.fi}. Vastausta odotetaan.`,
    sv: `${service.sv}: uppmanades att sluta använda uppgifterna ${at.sv}. Svaret väntas.`,
    en: `${service.en} was told to stop using the data on ${at.en}. Its answer is awaited.`,
  })) satisfies Said,
  overdue: ((service, at) => ({
    fi: `${service.fi}: ei ole vastannut, vaikka sitä kehotettiin lopettamaan käyttö ${at.fi}. Voit kysyä asiaa siltä.`,
    sv: `${service.sv}: har inte svarat, fast den uppmanades att sluta använda uppgifterna ${at.sv}. Du kan fråga den.`,
    en: `${service.en} has not answered, although it was told to stop using the data on ${at.en}. You can ask it why.`,
  })) satisfies Said,
  answered: {
    deleted: ((service, at) => ({
      fi: `${service.fi}: poisti tiedot ${at.fi}.`,
      sv: `${service.sv}: raderade uppgifterna ${at.sv}.`,
      en: `${service.en} deleted the data on ${at.en}.`,
    })) satisfies Said,
    gone: ((service, at) => ({
      fi: `${service.fi}: vastasi ${at.fi}, ettei sillä enää ole tietoja.`,
      sv: `${service.sv}: svarade ${at.sv} att den inte längre har uppgifterna.`,
      en: `${service.en} answered on ${at.en} that it no longer has the data.`,
    })) satisfies Said,
    kept: ((service, at) => ({
      fi: `${service.fi}: lopetti käytön ${at.fi} ja säilyttää sen, mitä laki vaatii.`,
      sv: `${service.sv}: slutade använda uppgifterna ${at.sv} och bevarar det som lagen kräver.`,
      en: `${service.en} stopped using the data on ${at.en}, and keeps what the law has it keep.`,
    })) satisfies Said,
  },
  notBelieved: {
    fi: 'Organisaation ilmoitus ei ole aito, joten sitä ei näytetä. Kysy siltä.',
    sv: 'Organisationens meddelande är inte äkta, så det visas inte. Fråga den.',
    en: "The organisation's message is not genuine, so it is not shown. Ask it.",
  },
} as const;
